#include "lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The product of small tiles, whose sums stay in the registers: ROWS by COLUMNS, two numbers of the depth at a time.
   Its operands are packed: for every pair of the depth two numbers of each of ROWS rows, or COLUMNS columns, side by
   side. DEPTH numbers of ROWS rows stay in the first-level cache, of NEAR columns in the second-level one, of HEIGHT
   rows and WIDTH columns in the third. */
enum { ROWS = 6, COLUMNS = 16, DEPTH = 1024, NEAR = 128, HEIGHT = 1020, WIDTH = 1024 };

_Static_assert(VK_INT16_WORKSPACE == (HEIGHT + WIDTH) * DEPTH, "room for the packed operands");
_Static_assert(HEIGHT % ROWS == 0 && WIDTH % NEAR == 0 && NEAR % COLUMNS == 0 && DEPTH % 2 == 0, "whole tiles");

static size_t at_most(size_t limit, size_t count) { return count < limit ? count : limit; }

/* Packs `count` columns of a (depth, stride) matrix, `width` together; what is missing of the last is zero. A few pairs
   of all columns are put side by side first, so that every panel is written some cache lines at a time. */
MULTIVERSIONED static void pack(const int16_t *values, size_t stride, size_t depth, size_t count, size_t width,
                                int16_t *packed) {
    enum { PAIRS = 8 };
    uint32_t pairs[PAIRS][WIDTH + COLUMNS] = {{0}};
    size_t depth_pairs = (depth + 1) / 2;
    for (size_t first = 0; first < depth_pairs; first += PAIRS) {
        size_t some = at_most(PAIRS, depth_pairs - first);
        for (size_t p = 0; p < some; p++) {
            size_t d = 2 * (first + p);
            const int16_t *even = values + d * stride, *odd = d + 1 < depth ? even + stride : NULL;
            if (odd)
                for (size_t i = 0; i < count; i++) pairs[p][i] = (uint16_t)even[i] | (uint32_t)(uint16_t)odd[i] << 16;
            else
                for (size_t i = 0; i < count; i++) pairs[p][i] = (uint16_t)even[i];
        }
        for (size_t column = 0; column < count; column += width) {
            int16_t *panel = packed + 2 * (column * depth_pairs + first * width);
            for (size_t p = 0; p < some; p++) memcpy(panel + 2 * p * width, &pairs[p][column], 4 * width);
        }
    }
}

/* Adds a tile's sums to `rows` by `columns` products: those that exist at an edge. */
MULTIVERSIONED static void add_tile(const int16_t *a, const int16_t *b, size_t pairs, size_t rows, size_t columns,
                                    int32_t *products, size_t stride) {
    int32_t sums[ROWS][COLUMNS] = {{0}};
    for (size_t p = 0; p < pairs; p++, a += 2 * ROWS, b += 2 * COLUMNS)
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < COLUMNS; j++) sums[i][j] += a[2 * i] * b[2 * j] + a[2 * i + 1] * b[2 * j + 1];
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) products[i * stride + j] += sums[i][j];
}

#if defined(__x86_64__)
/* Two instructions for 16 products: as many as the processor can start at once, all the time. */
__attribute__((target("avx2"))) static void add_whole_tile(const int16_t *a, const int16_t *b, size_t pairs,
                                                           int32_t *products, size_t stride) {
    __m256i sums[ROWS][2];
    for (int i = 0; i < ROWS; i++) {
        __builtin_prefetch(products + (size_t)i * stride, 1);
        sums[i][0] = sums[i][1] = _mm256_setzero_si256();
    }
    for (size_t p = 0; p < pairs; p++, a += 2 * ROWS, b += 2 * COLUMNS) {
        __m256i left = _mm256_loadu_si256((const __m256i *)b), right = _mm256_loadu_si256((const __m256i *)b + 1);
        for (int i = 0; i < ROWS; i++) {
            int32_t pair;
            memcpy(&pair, a + 2 * i, sizeof pair);
            __m256i of_a = _mm256_set1_epi32(pair);
            sums[i][0] = _mm256_add_epi32(sums[i][0], _mm256_madd_epi16(of_a, left));
            sums[i][1] = _mm256_add_epi32(sums[i][1], _mm256_madd_epi16(of_a, right));
        }
    }
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < 2; j++) {
            __m256i *target = (__m256i *)(products + (size_t)i * stride) + j;
            _mm256_storeu_si256(target, _mm256_add_epi32(_mm256_loadu_si256(target), sums[i][j]));
        }
    }
}

bool vk_has_fast_int16(void) { return __builtin_cpu_supports("avx2"); }
#else
static void add_whole_tile(const int16_t *a, const int16_t *b, size_t pairs, int32_t *products, size_t stride) {
    add_tile(a, b, pairs, ROWS, COLUMNS, products, stride);
}

bool vk_has_fast_int16(void) { return false; }
#endif

/* Adds the product of packed rows and columns. */
static void add_product(const int16_t *a, size_t rows, const int16_t *b, size_t columns, size_t pairs,
                        int32_t *products, size_t stride) {
    bool fast = vk_has_fast_int16();
    for (size_t i = 0; i < rows; i += ROWS) {
        for (size_t j = 0; j < columns; j += COLUMNS) {
            const int16_t *of_a = a + i * 2 * pairs, *of_b = b + j * 2 * pairs;
            int32_t *tile = products + i * stride + j;
            if (fast && rows - i >= ROWS && columns - j >= COLUMNS)
                add_whole_tile(of_a, of_b, pairs, tile, stride);
            else
                add_tile(of_a, of_b, pairs, at_most(ROWS, rows - i), at_most(COLUMNS, columns - j), tile, stride);
        }
    }
}

void vk_multiply_int16(const int16_t *a, size_t a_stride, size_t rows, const int16_t *b, size_t columns, size_t depth,
                       bool adding, int32_t *products, int16_t *workspace) {
    int16_t *packed_a = workspace, *packed_b = workspace + HEIGHT * DEPTH;
    if (!adding) memset(products, 0, rows * columns * sizeof *products);
    for (size_t column = 0; column < columns; column += WIDTH) {
        size_t wide = at_most(WIDTH, columns - column);
        for (size_t d = 0; d < depth; d += DEPTH) {
            size_t deep = at_most(DEPTH, depth - d), pairs = (deep + 1) / 2;
            pack(b + d * columns + column, columns, deep, wide, COLUMNS, packed_b);
            for (size_t row = 0; row < rows; row += HEIGHT) {
                size_t high = at_most(HEIGHT, rows - row);
                pack(a + d * a_stride + row, a_stride, deep, high, ROWS, packed_a);
                for (size_t near = 0; near < wide; near += NEAR)
                    add_product(packed_a, high, packed_b + near * 2 * pairs, at_most(NEAR, wide - near), pairs,
                                products + row * columns + column + near, columns);
            }
        }
    }
}
