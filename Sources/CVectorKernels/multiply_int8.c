#include "lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The product of small tiles: ROWS by COLUMNS sums, a quad of numbers of the depth at a time. Its operands are packed: for
   every quad the numbers of ROWS rows, or COLUMNS columns, side by side, in chunks of some quads. DEPTH numbers of ROWS
   rows stay in the first-level cache, of NEAR columns in the second-level one, of HEIGHT rows and WIDTH columns in the
   third. */
enum { ROWS = 6, COLUMNS = 16, QUAD = 4, QUADS = 16, CHUNK = QUADS * QUAD };
enum { DEPTH = 2560, NEAR = 64, HEIGHT = 510, WIDTH = 1024 };

/* The instruction multiplies by numbers without sign: those of rows are moved by this. */
enum { MOVE = VK_INT8_LARGEST };

/* A quad's products make two sums of 16 bits, of half the quad each. Those of a whole chunk fit into 16 bits where by
   Cauchy-Schwarz the product of two sums of squares is below this; until then they may wrap. */
static const float squares_that_fit = 32767.0f * 32767.0f * 0.9999f;

typedef struct {
    uint8_t moved[QUADS][ROWS][QUAD];
    /* The largest sum of squares of numbers whose products are added up in 16 bits. */
    float squares;
} RowsChunk;

typedef struct {
    ALIGNED int8_t numbers[QUADS][COLUMNS][QUAD];
    /* Of the numbers whose products are added up in 16 bits: times MOVE they undo the moving of the rows. */
    int16_t minus_sums[COLUMNS][2];
    float squares;
} ColumnsChunk;

_Static_assert(2 * (MOVE + VK_INT8_LARGEST) * VK_INT8_LARGEST <= INT16_MAX, "two products fit into 16 bits");
_Static_assert(HEIGHT % ROWS == 0 && WIDTH % NEAR == 0 && NEAR % COLUMNS == 0 && DEPTH % CHUNK == 0, "whole tiles");
_Static_assert((HEIGHT / ROWS * sizeof(RowsChunk) + WIDTH / COLUMNS * sizeof(ColumnsChunk)) * (DEPTH / CHUNK) <=
                   VK_INT8_WORKSPACE, "room for the packed operands");

static size_t at_most(size_t limit, size_t count) { return count < limit ? count : limit; }

/* A quad of each of `count` columns of a (depth, stride) matrix, moved; what is beyond the depth is 0. */
INLINED void gather_quads(const int8_t *values, size_t stride, size_t depth, size_t count, uint8_t move,
                          uint32_t *quads) {
    static const int8_t zeros[WIDTH];
    const int8_t *row[QUAD];
    for (size_t d = 0; d < QUAD; d++) row[d] = d < depth ? values + d * stride : zeros;
    for (size_t i = 0; i < count; i++) {
        quads[i] = (uint8_t)(row[0][i] + move) | (uint32_t)(uint8_t)(row[1][i] + move) << 8 |
                   (uint32_t)(uint8_t)(row[2][i] + move) << 16 | (uint32_t)(uint8_t)(row[3][i] + move) << 24;
    }
}

/* Packs `count` columns of a (depth, stride) matrix, `width` together, moved: the quads of chunks of `size` bytes. What is
   missing of the last chunk and of the last columns is 0, before it is moved. */
INLINED void pack(const int8_t *values, size_t stride, size_t depth, size_t count, size_t width, uint8_t move,
                  void *packed, size_t size) {
    uint32_t quads[QUADS][WIDTH + COLUMNS];
    memset(quads, move, sizeof quads);
    size_t chunks = (depth + CHUNK - 1) / CHUNK;
    for (size_t chunk = 0; chunk < chunks; chunk++) {
        for (size_t q = 0; q < QUADS; q++) {
            size_t d = at_most(depth, chunk * CHUNK + q * QUAD);
            gather_quads(values + d * stride, stride, depth - d, count, move, quads[q]);
        }
        for (size_t column = 0; column < count; column += width) {
            char *target = (char *)packed + (column / width * chunks + chunk) * size;
            for (size_t q = 0; q < QUADS; q++) memcpy(target + q * width * QUAD, &quads[q][column], width * QUAD);
        }
    }
}

/* The largest sum of squares over the quads of a chunk, each of half the quad. */
INLINED float largest_squares(const uint8_t *numbers, size_t width, uint8_t move) {
    int32_t squares[COLUMNS * QUAD] = {0}, largest = 0;
    for (size_t q = 0; q < QUADS; q++) {
        for (size_t i = 0; i < width * QUAD; i++) {
            int32_t number = (int8_t)(numbers[q * width * QUAD + i] - move);
            squares[i] += number * number;
        }
    }
    for (size_t i = 0; i < width * QUAD; i += 2) {
        int32_t both = squares[i] + squares[i + 1];
        largest = both > largest ? both : largest;
    }
    return (float)largest;
}

MULTIVERSIONED static void pack_rows(const int8_t *values, size_t stride, size_t depth, size_t count,
                                     RowsChunk *packed) {
    pack(values, stride, depth, count, ROWS, MOVE, packed, sizeof *packed);
    size_t chunks = (count + ROWS - 1) / ROWS * ((depth + CHUNK - 1) / CHUNK);
    for (RowsChunk *chunk = packed; chunk < packed + chunks; chunk++)
        chunk->squares = largest_squares(chunk->moved[0][0], ROWS, MOVE);
}

MULTIVERSIONED static void pack_columns(const int8_t *values, size_t stride, size_t depth, size_t count,
                                        ColumnsChunk *packed) {
    pack(values, stride, depth, count, COLUMNS, 0, packed, sizeof *packed);
    size_t chunks = (count + COLUMNS - 1) / COLUMNS * ((depth + CHUNK - 1) / CHUNK);
    for (ColumnsChunk *chunk = packed; chunk < packed + chunks; chunk++) {
        chunk->squares = largest_squares((const uint8_t *)chunk->numbers, COLUMNS, 0);
        memset(chunk->minus_sums, 0, sizeof chunk->minus_sums);
        for (size_t q = 0; q < QUADS; q++)
            for (size_t j = 0; j < COLUMNS; j++)
                for (size_t d = 0; d < QUAD; d++) chunk->minus_sums[j][d / 2] -= chunk->numbers[q][j][d];
    }
}

/* Adds a chunk's products to the sums of a tile. */
MULTIVERSIONED static void add_chunk(const RowsChunk *a, const ColumnsChunk *b, int32_t sums[ROWS][COLUMNS]) {
    for (size_t q = 0; q < QUADS; q++)
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < COLUMNS; j++)
                for (size_t d = 0; d < QUAD; d++)
                    sums[i][j] += (a->moved[q][i][d] - MOVE) * b->numbers[q][j][d];
}

#if defined(__x86_64__)
#define WITH_AVX2 __attribute__((target("avx2")))

/* One instruction multiplies 32 numbers and adds neighbouring products, in 16 bits. If all sums of the chunk stay in 16 bits
   (`narrow`), two instructions are enough for them, and not three. */
WITH_AVX2 INLINED void add_chunk_with_avx2(bool narrow, const RowsChunk *a, const ColumnsChunk *b,
                                           int32_t sums[ROWS][COLUMNS]) {
    const __m256i ones = _mm256_set1_epi16(1), move = _mm256_set1_epi16(MOVE);
    const __m256i *minus_sums = (const __m256i *)b->minus_sums;
    __m256i added[ROWS][2];
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < 2; j++)
            added[i][j] = narrow ? _mm256_mullo_epi16(minus_sums[j], move) : _mm256_madd_epi16(minus_sums[j], move);
    _Pragma("clang loop unroll(disable)") for (size_t q = 0; q < QUADS; q++) {
        const __m256i *of_b = (const __m256i *)b->numbers[q];
        for (size_t i = 0; i < ROWS; i++) {
            int32_t quad;
            memcpy(&quad, a->moved[q][i], sizeof quad);
            __m256i of_a = _mm256_set1_epi32(quad);
            for (size_t j = 0; j < 2; j++) {
                __m256i products = _mm256_maddubs_epi16(of_a, of_b[j]);
                added[i][j] = narrow ? _mm256_add_epi16(added[i][j], products)
                                     : _mm256_add_epi32(added[i][j], _mm256_madd_epi16(products, ones));
            }
        }
    }
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < 2; j++) {
            __m256i *target = (__m256i *)sums[i] + j;
            *target = _mm256_add_epi32(*target, narrow ? _mm256_madd_epi16(added[i][j], ones) : added[i][j]);
        }
    }
}

/* By themselves, since the compiler would keep the sums of 32 bits in registers, which those of 16 bits need. */
WITH_AVX2 __attribute__((noinline)) static void add_narrow_chunk(const RowsChunk *a, const ColumnsChunk *b,
                                                                 int32_t sums[ROWS][COLUMNS]) {
    add_chunk_with_avx2(true, a, b, sums);
}

WITH_AVX2 __attribute__((noinline)) static void add_wide_chunk(const RowsChunk *a, const ColumnsChunk *b,
                                                               int32_t sums[ROWS][COLUMNS]) {
    add_chunk_with_avx2(false, a, b, sums);
}

bool vk_has_fast_int8(void) { return __builtin_cpu_supports("avx2"); }
#else
#define add_narrow_chunk add_chunk
#define add_wide_chunk add_chunk

bool vk_has_fast_int8(void) { return false; }
#endif

static void add_chunks(const RowsChunk *a, const ColumnsChunk *b, size_t chunks, int32_t sums[ROWS][COLUMNS]) {
    bool fast = vk_has_fast_int8();
    for (; chunks > 0; chunks--, a++, b++) {
        if (!fast)
            add_chunk(a, b, sums);
        else if (a->squares * b->squares < squares_that_fit)
            add_narrow_chunk(a, b, sums);
        else
            add_wide_chunk(a, b, sums);
    }
}

/* Adds a tile to the products, or as much of it as there is at an edge. */
INLINED void add_tile(size_t rows, size_t columns, int32_t sums[ROWS][COLUMNS], int32_t *products, size_t stride) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) products[i * stride + j] += sums[i][j];
}

/* Adds the product of packed rows and columns. */
MULTIVERSIONED static void add_product(const RowsChunk *a, size_t rows, const ColumnsChunk *b, size_t columns,
                                       size_t chunks, int32_t *products, size_t stride) {
    for (size_t i = 0; i < rows; i += ROWS, a += chunks) {
        for (size_t j = 0; j < columns; j += COLUMNS) {
            size_t high = at_most(ROWS, rows - i), wide = at_most(COLUMNS, columns - j);
            int32_t *tile = products + i * stride + j;
            for (size_t row = 0; row < high; row++) __builtin_prefetch(tile + row * stride, 1);
            ALIGNED int32_t sums[ROWS][COLUMNS] = {{0}};
            add_chunks(a, b + j / COLUMNS * chunks, chunks, sums);
            /* Constants let the compiler make vectors of rows. */
            if (high == ROWS && wide == COLUMNS)
                add_tile(ROWS, COLUMNS, sums, tile, stride);
            else
                add_tile(high, wide, sums, tile, stride);
        }
    }
}

void vk_multiply_int8(const int8_t *a, size_t a_stride, size_t rows, const int8_t *b, size_t columns, size_t depth,
                      bool adding, int32_t *products, void *workspace) {
    ColumnsChunk *packed_b = workspace;
    RowsChunk *packed_a = (RowsChunk *)(packed_b + WIDTH / COLUMNS * (DEPTH / CHUNK));
    if (!adding) memset(products, 0, rows * columns * sizeof *products);
    for (size_t column = 0; column < columns; column += WIDTH) {
        size_t wide = at_most(WIDTH, columns - column);
        for (size_t d = 0; d < depth; d += DEPTH) {
            size_t deep = at_most(DEPTH, depth - d), chunks = (deep + CHUNK - 1) / CHUNK;
            pack_columns(b + d * columns + column, columns, deep, wide, packed_b);
            for (size_t row = 0; row < rows; row += HEIGHT) {
                size_t high = at_most(HEIGHT, rows - row);
                pack_rows(a + d * a_stride + row, a_stride, deep, high, packed_a);
                for (size_t near = 0; near < wide; near += NEAR)
                    add_product(packed_a, high, packed_b + near / COLUMNS * chunks, at_most(NEAR, wide - near), chunks,
                                products + row * columns + column + near, columns);
            }
        }
    }
}
