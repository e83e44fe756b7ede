#include "lanes.h"

/* Written as vectors, since the compiler would gather across the rows of b where it should run along them. */
typedef float Floats __attribute__((vector_size(VK_DEPTH * sizeof(float)), aligned(sizeof(float))));
typedef double Doubles __attribute__((vector_size(VK_DEPTH * sizeof(double))));
typedef uint64_t Bits __attribute__((vector_size(VK_DEPTH * sizeof(uint64_t))));

#define WIDENED(values) __builtin_convertvector(*(const Floats *)(values), Doubles)

/* Adds to sums the products of `a` with `rows` rows of b, a constant, which share the widened a. */
INLINED void add_products(size_t rows, const float *a, const float *b, size_t depth, const int32_t *columns,
                          int32_t first_column, double shift, int64_t *sums) {
    /* The product of two floats is exact in double: a fused multiply-add gives the same bits as two roundings. */
#pragma STDC FP_CONTRACT ON
    const float *row[4];
    Bits lanes[4] = {{0}};
    for (size_t j = 0; j < rows; j++) row[j] = b + (size_t)(columns[j] - first_column) * depth;
    for (size_t d = 0; d < depth; d += VK_DEPTH) {
        Doubles of_a = WIDENED(a + d);
        for (size_t j = 0; j < rows; j++) lanes[j] += (Bits)(of_a * WIDENED(row[j] + d) + shift);
    }
    uint64_t of_shift = vk_bits_of_double(shift) * depth;
    for (size_t j = 0; j < rows; j++) {
        uint64_t sum = 0;
        for (int i = 0; i < VK_DEPTH; i++) sum += lanes[j][i];
        sums[j] = (int64_t)((uint64_t)sums[j] + sum - of_shift);
    }
}

/* Adding 1.5 * 2^(52 - f) to a double moves its multiple of 2^-f, rounded to nearest, ties to even, into the low bits.
   Bits are added as they are; what the constant itself contributed is taken away at the end, modulo 2^64. */
MULTIVERSIONED void vk_add_fixed_products(const float *a, const float *b, size_t depth, const int32_t *columns,
                                          int32_t first_column, size_t count, int fraction_bits, int64_t *sums) {
    double shift = 1.5 * vk_double_of_bits((uint64_t)(1023 + 52 - fraction_bits) << 52);
    size_t i = 0;
    for (; i + 4 <= count; i += 4) add_products(4, a, b, depth, columns + i, first_column, shift, sums + i);
    switch (count - i) {
    case 3: add_products(3, a, b, depth, columns + i, first_column, shift, sums + i); break;
    case 2: add_products(2, a, b, depth, columns + i, first_column, shift, sums + i); break;
    case 1: add_products(1, a, b, depth, columns + i, first_column, shift, sums + i); break;
    }
}
