#include "../shared/multiversion.h"
#include "CSIMDKernels.h"
#include <string.h>

/* Vectors of the width of a chunk: EK_DEPTH high limbs, followed by the low limbs of the same numbers. */
typedef int16_t Digits __attribute__((vector_size(2 * EK_DEPTH * sizeof(int16_t))));
typedef int32_t Products __attribute__((vector_size(2 * EK_DEPTH * sizeof(int32_t))));
typedef int32_t Sums __attribute__((vector_size(EK_DEPTH * sizeof(int32_t))));
typedef uint64_t WideSums __attribute__((vector_size(EK_DEPTH / 2 * sizeof(uint64_t))));

_Static_assert(EK_DEPTH == 16, "what the shuffles below are written for");

/* A sum adds two products of limbs per chunk, each at most 2^(2 EK_LIMB_BITS - 2): this many chunks fit in 32 bits. */
enum { CHUNKS = 15, ROWS = 4 };
_Static_assert((long long)2 * CHUNKS << (2 * EK_LIMB_BITS - 2) < 1ll << 31, "sums of a few chunks fit into 32 bits");

/* Adds the sums of neighboring products: one instruction. */
INLINED void add_products(Sums *sums, const Digits *a, const Digits *b) {
    Products products = __builtin_convertvector(*a, Products) * __builtin_convertvector(*b, Products);
    *sums += __builtin_shufflevector(products, products, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30) +
             __builtin_shufflevector(products, products, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

#define LOWER_HALF(sums) __builtin_shufflevector(sums, sums, 0, 1, 2, 3, 4, 5, 6, 7)
#define UPPER_HALF(sums) __builtin_shufflevector(sums, sums, 8, 9, 10, 11, 12, 13, 14, 15)
#define WIDE(half) ((WideSums) __builtin_convertvector(half, WideSums))

/* The sum of all numbers, modulo 2^64. */
INLINED int64_t sum_of(const WideSums *sums) {
    WideSums sum = *sums;
    sum += __builtin_shufflevector(sum, sum, 4, 5, 6, 7, 0, 1, 2, 3);
    sum += __builtin_shufflevector(sum, sum, 2, 3, 0, 1, 6, 7, 4, 5);
    sum += __builtin_shufflevector(sum, sum, 1, 0, 3, 2, 5, 4, 7, 6);
    return (int64_t)sum[0];
}

/* Adds to the sums the products of `a` with `rows` rows of b, a constant; the rows share the loads of a. Both limbs. */
INLINED void add_both(size_t rows, const int16_t *a, const int16_t *const *b, size_t depth, WideSums *total) {
    for (size_t first = 0; first < depth; first += CHUNKS * EK_DEPTH) {
        size_t end = depth - first < CHUNKS * EK_DEPTH ? depth : first + CHUNKS * EK_DEPTH;
        Sums same[ROWS], crossed[ROWS]; /* high * high and low * low; low * high and high * low */
        for (size_t j = 0; j < rows; j++) same[j] = crossed[j] = (Sums){0};
        for (size_t d = first; d < end; d += EK_DEPTH) {
            Digits of_a, swapped, of_b;
            memcpy(&of_a, a + 2 * d, sizeof of_a);
            swapped = __builtin_shufflevector(of_a, of_a, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
                                              31, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
            for (size_t j = 0; j < rows; j++) {
                memcpy(&of_b, b[j] + 2 * d, sizeof of_b);
                add_products(&same[j], &of_a, &of_b);
                add_products(&crossed[j], &swapped, &of_b);
            }
        }
        for (size_t j = 0; j < rows; j++) {
            WideSums high = WIDE(LOWER_HALF(same[j])), low = WIDE(UPPER_HALF(same[j]));
            WideSums mixed = WIDE(LOWER_HALF(crossed[j])) + WIDE(UPPER_HALF(crossed[j]));
            total[j] += (high << 2 * EK_LIMB_BITS) + (mixed << EK_LIMB_BITS) + low;
        }
    }
}

/* Products of the high limbs of `count` numbers starting at `d`, at most two chunks: a constant. */
INLINED void add_chunks(size_t count, size_t rows, const int16_t *a, const int16_t *const *b, size_t d, Sums *sums) {
    Digits of_a = {0}, of_b = {0};
    memcpy(&of_a, a + d, count * sizeof *a);
    for (size_t j = 0; j < rows; j++) {
        memcpy(&of_b, b[j] + d, count * sizeof *a);
        add_products(&sums[j], &of_a, &of_b);
    }
}

/* The same sums from high limbs only. */
INLINED void add_high(size_t rows, const int16_t *a, const int16_t *const *b, size_t depth, WideSums *total) {
    enum { TWO = 2 * EK_DEPTH };
    for (size_t first = 0; first < depth; first += CHUNKS * TWO) {
        size_t end = depth - first < CHUNKS * TWO ? depth : first + CHUNKS * TWO, d = first;
        Sums sums[ROWS];
        for (size_t j = 0; j < rows; j++) sums[j] = (Sums){0};
        for (; d + TWO <= end; d += TWO) add_chunks(TWO, rows, a, b, d, sums);
        if (d < end) add_chunks(EK_DEPTH, rows, a, b, d, sums);
        for (size_t j = 0; j < rows; j++) total[j] += WIDE(LOWER_HALF(sums[j])) + WIDE(UPPER_HALF(sums[j]));
    }
}

/* Adds the products of row `a` with `rows` rows of b, a constant, whose indices are in `columns`. */
INLINED void add_rows(EKLimbs kept, size_t rows, const int16_t *a, const int16_t *b, size_t depth,
                      const int32_t *columns, int64_t *sums) {
    const int16_t *of_b[ROWS];
    WideSums total[ROWS];
    for (size_t j = 0; j < rows; j++) {
        of_b[j] = b + (size_t)columns[j] * kept * depth;
        total[j] = (WideSums){0};
    }
    if (kept == EKBothLimbs)
        add_both(rows, a, of_b, depth, total);
    else
        add_high(rows, a, of_b, depth, total);
    for (size_t j = 0; j < rows; j++) sums[j] = (int64_t)((uint64_t)sums[j] + (uint64_t)sum_of(&total[j]));
}

INLINED void prefetch(const int16_t *digits, size_t count) {
    for (size_t d = 0; d < count; d += 64 / sizeof *digits) __builtin_prefetch(digits + d);
}

/* Constants select the limbs and the number of rows of b that are multiplied together, so that the loops have no
   branches. */
INLINED void add_pairs(EKLimbs kept, size_t together, const int16_t *a, const int16_t *b, size_t depth,
                       const int32_t *rows, const int32_t *columns, size_t count, int64_t *sums) {
    for (size_t first = 0, end; first < count; first = end) {
        const int16_t *of_a = a + (size_t)rows[first] * kept * depth;
        for (end = first + 1; end < count && rows[end] == rows[first];) end++;
        /* The next row has often left the caches, and is too short for hardware prefetching. */
        if (end < count) prefetch(a + (size_t)rows[end] * kept * depth, kept * depth);
        size_t i = first;
        for (; i + together <= end; i += together) add_rows(kept, together, of_a, b, depth, columns + i, sums + i);
        for (; i + 2 <= end; i += 2) add_rows(kept, 2, of_a, b, depth, columns + i, sums + i);
        for (; i < end; i++) add_rows(kept, 1, of_a, b, depth, columns + i, sums + i);
    }
}

/* Dispatches on the limbs kept; with both limbs, `of_both` rows of b are multiplied together. */
INLINED void add_kept(EKLimbs kept, size_t of_both, const int16_t *a, const int16_t *b, size_t depth,
                      const int32_t *rows, const int32_t *columns, size_t count, int64_t *sums) {
    if (kept == EKBothLimbs)
        add_pairs(EKBothLimbs, of_both, a, b, depth, rows, columns, count, sums);
    else
        add_pairs(EKHighLimb, ROWS, a, b, depth, rows, columns, count, sums);
}

/* Sums of both limbs of more than two rows would not fit in 16 registers of 256 bits. */
MULTIVERSIONED static void add_on_any(EKLimbs kept, const int16_t *a, const int16_t *b, size_t depth,
                                      const int32_t *rows, const int32_t *columns, size_t count, int64_t *sums) {
    add_kept(kept, 2, a, b, depth, rows, columns, count, sums);
}

#if defined(__x86_64__) && !defined(AVX2_AT_MOST)
#define HAS_VNNI_VERSION
/* Multiplies and adds in one instruction instead of two. */
__attribute__((target("arch=x86-64-v4,avx512vnni"), min_vector_width(512))) static void
add_with_vnni(EKLimbs kept, const int16_t *a, const int16_t *b, size_t depth, const int32_t *rows,
              const int32_t *columns, size_t count, int64_t *sums) {
    add_kept(kept, ROWS, a, b, depth, rows, columns, count, sums);
}
#endif

void ek_add_limb_products(EKLimbs kept, const int16_t *a, const int16_t *b, size_t depth, const int32_t *rows,
                          const int32_t *columns, size_t count, int64_t *sums) {
#if defined(HAS_VNNI_VERSION)
    if (__builtin_cpu_supports("avx512vnni")) return add_with_vnni(kept, a, b, depth, rows, columns, count, sums);
#endif
    add_on_any(kept, a, b, depth, rows, columns, count, sums);
}
