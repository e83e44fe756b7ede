#include "multiversion.h"
#include "CVectorKernels.h"
#include <string.h>

/* As vectors of the width of a chunk: VK_DEPTH high digits and behind them the low digits of the same numbers. */
typedef int16_t Digits __attribute__((vector_size(2 * VK_DEPTH * sizeof(int16_t))));
typedef int32_t Products __attribute__((vector_size(2 * VK_DEPTH * sizeof(int32_t))));
typedef int32_t Sums __attribute__((vector_size(VK_DEPTH * sizeof(int32_t))));
typedef uint64_t WideSums __attribute__((vector_size(VK_DEPTH / 2 * sizeof(uint64_t))));

_Static_assert(VK_DEPTH == 16, "what the shuffles below are written for");

/* A sum takes two products of digits a chunk, each at most 2^(2 VK_DIGIT_BITS - 2): so many chunks fit into 32 bits. */
enum { CHUNKS = 15, ROWS = 4 };
_Static_assert((long long)2 * CHUNKS << (2 * VK_DIGIT_BITS - 2) < 1ll << 31, "sums of a few chunks fit into 32 bits");

/* The sums of neighbouring products: one instruction. */
INLINED void add_products(Sums *sums, const Digits *a, const Digits *b) {
    Products products = __builtin_convertvector(*a, Products) * __builtin_convertvector(*b, Products);
    *sums += __builtin_shufflevector(products, products, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
             __builtin_shufflevector(products, products, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

#define LOWER_HALF(sums) __builtin_shufflevector(sums, sums, 0, 1, 2, 3, 4, 5, 6, 7)
#define UPPER_HALF(sums) __builtin_shufflevector(sums, sums, 8, 9, 10, 11, 12, 13, 14, 15)
#define WIDE(half) ((WideSums) __builtin_convertvector(half, WideSums))

/* Adds to sums the products of `a` with `rows` rows of b, a constant, which share what is loaded of a. */
INLINED void add_rows(size_t rows, const int16_t *a, const int16_t *b, size_t depth, const int32_t *columns,
                      int32_t first_column, int64_t *sums) {
    const int16_t *row[ROWS];
    WideSums total[ROWS];
    for (size_t j = 0; j < rows; j++) {
        row[j] = b + (size_t)(columns[j] - first_column) * 2 * depth;
        total[j] = (WideSums){0};
    }
    for (size_t first = 0; first < depth; first += CHUNKS * VK_DEPTH) {
        size_t end = depth - first < CHUNKS * VK_DEPTH ? depth : first + CHUNKS * VK_DEPTH;
        Sums same[ROWS], crossed[ROWS]; /* high * high and low * low; low * high and high * low */
        for (size_t j = 0; j < rows; j++) same[j] = crossed[j] = (Sums){0};
        for (size_t d = first; d < end; d += VK_DEPTH) {
            Digits of_a, swapped, of_b;
            memcpy(&of_a, a + 2 * d, sizeof of_a);
            swapped = __builtin_shufflevector(of_a, of_a, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
                                              31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            for (size_t j = 0; j < rows; j++) {
                memcpy(&of_b, row[j] + 2 * d, sizeof of_b);
                add_products(&same[j], &of_a, &of_b);
                add_products(&crossed[j], &swapped, &of_b);
            }
        }
        for (size_t j = 0; j < rows; j++) {
            WideSums high = WIDE(LOWER_HALF(same[j])), low = WIDE(UPPER_HALF(same[j]));
            WideSums mixed = WIDE(LOWER_HALF(crossed[j])) + WIDE(UPPER_HALF(crossed[j]));
            total[j] += (high << 2 * VK_DIGIT_BITS) + (mixed << VK_DIGIT_BITS) + low;
        }
    }
    for (size_t j = 0; j < rows; j++) {
        WideSums sum = total[j];
        sum += __builtin_shufflevector(sum, sum, 4, 5, 6, 7, 0, 1, 2, 3);
        sum += __builtin_shufflevector(sum, sum, 2, 3, 0, 1, 6, 7, 4, 5);
        sum += __builtin_shufflevector(sum, sum, 1, 0, 3, 2, 5, 4, 7, 6);
        sums[j] = (int64_t)((uint64_t)sums[j] + sum[0]);
    }
}

INLINED void add_all(const int16_t *a, size_t rows, const int16_t *b, size_t depth, const int32_t *columns,
                     size_t *firsts, const size_t *ends, int32_t first_column, int32_t end_column, int64_t *sums) {
    for (size_t row = 0; row < rows; row++, a += 2 * depth) {
        size_t i = firsts[row], end = i;
        while (end < ends[row] && columns[end] < end_column) end++;
        for (; i + ROWS <= end; i += ROWS) add_rows(ROWS, a, b, depth, columns + i, first_column, sums + i);
        switch (end - i) {
        case 3: add_rows(3, a, b, depth, columns + i, first_column, sums + i); break;
        case 2: add_rows(2, a, b, depth, columns + i, first_column, sums + i); break;
        case 1: add_rows(1, a, b, depth, columns + i, first_column, sums + i); break;
        }
        firsts[row] = end;
    }
}

MULTIVERSIONED static void add_on_any(const int16_t *a, size_t rows, const int16_t *b, size_t depth,
                                      const int32_t *columns, size_t *firsts, const size_t *ends, int32_t first_column,
                                      int32_t end_column, int64_t *sums) {
    add_all(a, rows, b, depth, columns, firsts, ends, first_column, end_column, sums);
}

#if defined(__x86_64__)
/* Multiplies and adds in one instruction, where the others take two. */
__attribute__((target("arch=x86-64-v4,avx512vnni"), min_vector_width(512))) static void
add_with_vnni(const int16_t *a, size_t rows, const int16_t *b, size_t depth, const int32_t *columns, size_t *firsts,
              const size_t *ends, int32_t first_column, int32_t end_column, int64_t *sums) {
    add_all(a, rows, b, depth, columns, firsts, ends, first_column, end_column, sums);
}
#endif

void vk_add_digit_products(const int16_t *a, size_t rows, const int16_t *b, size_t depth, const int32_t *columns,
                           size_t *firsts, const size_t *ends, int32_t first_column, int32_t end_column,
                           int64_t *sums) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512vnni"))
        return add_with_vnni(a, rows, b, depth, columns, firsts, ends, first_column, end_column, sums);
#endif
    add_on_any(a, rows, b, depth, columns, firsts, ends, first_column, end_column, sums);
}
