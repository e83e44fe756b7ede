#include "../shared/lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The product of small tiles: ROWS by COLUMNS sums, one quad of elements of the depth at a time. Its operands are
   packed: for every quad the numbers of ROWS rows, or COLUMNS columns, side by side, in chunks of several quads.
   DEPTH numbers of ROWS rows stay in the first-level cache, of NEAR columns in the second-level cache, of HEIGHT
   rows and WIDTH columns in the third. */
enum { ROWS = 6, COLUMNS = 16, QUAD = 4, QUADS = 16, CHUNK = QUADS * QUAD };
enum { DEPTH = 2560, NEAR = 64, HEIGHT = 510, WIDTH = 1024 };

/* The instruction multiplies by unsigned numbers: those of rows are shifted by this. */
enum { MOVE = EK_INT8_LARGEST };

/* The products of a quad form two 16-bit sums, each of half the quad. Those of a whole chunk fit in 16 bits if by
   Cauchy-Schwarz the product of two sums of squares is below this; until then they may wrap. */
static const float squares_that_fit = 32767.0f * 32767.0f * 0.9999f;

typedef struct {
    uint8_t moved[QUADS][ROWS][QUAD];
    /* The largest sum of squares of numbers whose products are added in 16 bits. */
    float squares;
} RowsChunk;

typedef struct {
    ALIGNED int8_t numbers[QUADS][COLUMNS][QUAD];
    /* Minus the sums of the numbers whose products are added in 16 bits: times MOVE they undo the shift of the rows. */
    int16_t minus_sums[COLUMNS][2];
    float squares;
} ColumnsChunk;

_Static_assert(2 * (MOVE + EK_INT8_LARGEST) * EK_INT8_LARGEST <= INT16_MAX, "two products fit into 16 bits");
_Static_assert(HEIGHT % ROWS == 0 && WIDTH % NEAR == 0 && NEAR % COLUMNS == 0 && DEPTH % CHUNK == 0, "whole tiles");

static size_t at_most(size_t limit, size_t count) { return count < limit ? count : limit; }

/* The number of groups that hold all of them. */
static size_t groups(size_t count, size_t size) { return (count + size - 1) / size; }

/* Some columns of a matrix on their way into chunks: all quads of one chunk, and for each half quad the sums of the
   numbers and of their squares over the chunk. */
typedef struct {
    ALIGNED uint32_t quads[QUADS][WIDTH + COLUMNS];
    ALIGNED int16_t sums[2][WIDTH + COLUMNS];
    ALIGNED int32_t squares[2][WIDTH + COLUMNS];
} Strip;

/* Adds `count` numbers of each of two rows. */
INLINED void add_half(const int8_t *even, const int8_t *odd, size_t count, int16_t *sums, int32_t *squares) {
    for (size_t i = 0; i < count; i++) {
        sums[i] = (int16_t)(sums[i] + even[i] + odd[i]);
        squares[i] += (int16_t)(even[i] * even[i]) + (int16_t)(odd[i] * odd[i]);
    }
}

/* Gathers a chunk of the first `count` columns of a (depth, stride) matrix; quads are shifted. Missing elements of
   the chunk are 0 before the shift, and so are all columns after the last. */
INLINED void gather_chunk(const int8_t *values, size_t stride, size_t depth, size_t count, uint8_t move, Strip *strip) {
    static const int8_t zeros[WIDTH];
    memset(strip->sums, 0, sizeof strip->sums);
    memset(strip->squares, 0, sizeof strip->squares);
    for (size_t q = 0; q < QUADS; q++) {
        const int8_t *row[QUAD];
        for (size_t d = 0; d < QUAD; d++) row[d] = q * QUAD + d < depth ? values + (q * QUAD + d) * stride : zeros;
        uint32_t *quads = strip->quads[q];
        for (size_t i = 0; i < count; i++)
            quads[i] = (uint8_t)(row[0][i] + move) | (uint32_t)(uint8_t)(row[1][i] + move) << 8 |
                       (uint32_t)(uint8_t)(row[2][i] + move) << 16 | (uint32_t)(uint8_t)(row[3][i] + move) << 24;
        for (size_t half = 0; half < 2; half++)
            add_half(row[2 * half], row[2 * half + 1], count, strip->sums[half], strip->squares[half]);
    }
}

/* The largest sum of squares of `count` columns starting at `first`. */
static float largest_squares(const Strip *strip, size_t first, size_t count) {
    int32_t largest = 0;
    for (size_t half = 0; half < 2; half++)
        for (size_t i = first; i < first + count; i++)
            largest = strip->squares[half][i] > largest ? strip->squares[half][i] : largest;
    return (float)largest;
}

/* Packs the first `count` columns of a (depth, stride) matrix, in groups of ROWS. */
MULTIVERSIONED static void pack_rows(const int8_t *values, size_t stride, size_t depth, size_t count,
                                     RowsChunk *packed) {
    Strip strip;
    memset(strip.quads, MOVE, sizeof strip.quads);
    size_t chunks = groups(depth, CHUNK);
    for (size_t c = 0; c < chunks; c++) {
        gather_chunk(values + c * CHUNK * stride, stride, depth - c * CHUNK, count, MOVE, &strip);
        for (size_t first = 0; first < count; first += ROWS) {
            RowsChunk *chunk = packed + first / ROWS * chunks + c;
            for (size_t q = 0; q < QUADS; q++) memcpy(chunk->moved[q], &strip.quads[q][first], sizeof *chunk->moved);
            chunk->squares = largest_squares(&strip, first, ROWS);
        }
    }
}

/* Packs the first `count` columns of a (depth, stride) matrix, in groups of COLUMNS. */
MULTIVERSIONED static void pack_columns(const int8_t *values, size_t stride, size_t depth, size_t count,
                                        ColumnsChunk *packed) {
    Strip strip;
    memset(strip.quads, 0, sizeof strip.quads);
    size_t chunks = groups(depth, CHUNK);
    for (size_t c = 0; c < chunks; c++) {
        gather_chunk(values + c * CHUNK * stride, stride, depth - c * CHUNK, count, 0, &strip);
        for (size_t first = 0; first < count; first += COLUMNS) {
            ColumnsChunk *chunk = packed + first / COLUMNS * chunks + c;
            for (size_t q = 0; q < QUADS; q++)
                memcpy(chunk->numbers[q], &strip.quads[q][first], sizeof *chunk->numbers);
            for (size_t j = 0; j < COLUMNS; j++)
                for (size_t half = 0; half < 2; half++)
                    chunk->minus_sums[j][half] = (int16_t)-strip.sums[half][first + j];
            chunk->squares = largest_squares(&strip, first, COLUMNS);
        }
    }
}

/* Adds a chunk's products to the sums of a tile. */
MULTIVERSIONED static void add_chunk(const RowsChunk *a, const ColumnsChunk *b, int32_t sums[ROWS][COLUMNS]) {
    for (size_t q = 0; q < QUADS; q++)
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < COLUMNS; j++)
                for (size_t d = 0; d < QUAD; d++) sums[i][j] += (a->moved[q][i][d] - MOVE) * b->numbers[q][j][d];
}

#if defined(__x86_64__)
#define WITH_AVX2 __attribute__((target("avx2")))

/* One instruction multiplies 32 numbers and adds neighboring products, in 16 bits. If all sums of the chunk stay
   within 16 bits (`narrow`), two instructions suffice instead of three. */
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

/* Separate functions, since the compiler would otherwise keep the 32-bit sums in the registers that the 16-bit sums
   need. */
WITH_AVX2 __attribute__((noinline)) static void add_narrow_chunk(const RowsChunk *a, const ColumnsChunk *b,
                                                                 int32_t sums[ROWS][COLUMNS]) {
    add_chunk_with_avx2(true, a, b, sums);
}

WITH_AVX2 __attribute__((noinline)) static void add_wide_chunk(const RowsChunk *a, const ColumnsChunk *b,
                                                               int32_t sums[ROWS][COLUMNS]) {
    add_chunk_with_avx2(false, a, b, sums);
}

bool ek_has_fast_int8(void) { return __builtin_cpu_supports("avx2"); }
#else
#define add_narrow_chunk add_chunk
#define add_wide_chunk add_chunk

bool ek_has_fast_int8(void) { return false; }
#endif

/* Adds the products of all chunks. */
static void add_chunks(const RowsChunk *a, const ColumnsChunk *b, size_t chunks, int32_t sums[ROWS][COLUMNS]) {
    bool fast = ek_has_fast_int8();
    for (; chunks > 0; chunks--, a++, b++) {
        if (!fast)
            add_chunk(a, b, sums);
        else if (a->squares * b->squares < squares_that_fit)
            add_narrow_chunk(a, b, sums);
        else
            add_wide_chunk(a, b, sums);
    }
}

/* Writes a tile, or its existing part at an edge, to the products; or adds it to them. */
INLINED void store_tile(size_t rows, size_t columns, int32_t sums[ROWS][COLUMNS], bool adding, int32_t *products,
                        size_t stride) {
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            products[i * stride + j] = sums[i][j] + (adding ? products[i * stride + j] : 0);
}

/* The product of packed rows and columns. */
MULTIVERSIONED static void multiply(const RowsChunk *a, size_t rows, const ColumnsChunk *b, size_t columns,
                                    size_t chunks, bool adding, int32_t *products, size_t stride) {
    for (size_t i = 0; i < rows; i += ROWS, a += chunks) {
        for (size_t j = 0; j < columns; j += COLUMNS) {
            size_t high = at_most(ROWS, rows - i), wide = at_most(COLUMNS, columns - j);
            int32_t *tile = products + i * stride + j;
            for (size_t row = 0; row < high; row++) __builtin_prefetch(tile + row * stride, 1);
            ALIGNED int32_t sums[ROWS][COLUMNS] = {{0}};
            add_chunks(a, b + j / COLUMNS * chunks, chunks, sums);
            /* Constants let the compiler vectorize over rows. */
            if (high == ROWS && wide == COLUMNS)
                store_tile(ROWS, COLUMNS, sums, adding, tile, stride);
            else
                store_tile(high, wide, sums, adding, tile, stride);
        }
    }
}

static size_t chunks_of_columns(size_t columns, size_t depth) {
    return groups(at_most(WIDTH, columns), COLUMNS) * groups(at_most(DEPTH, depth), CHUNK);
}

static size_t chunks_of_rows(size_t rows, size_t depth) {
    return groups(at_most(HEIGHT, rows), ROWS) * groups(at_most(DEPTH, depth), CHUNK);
}

size_t ek_multiply_int8_workspace(size_t rows, size_t columns, size_t depth) {
    return chunks_of_columns(columns, depth) * sizeof(ColumnsChunk) + chunks_of_rows(rows, depth) * sizeof(RowsChunk);
}

void ek_multiply_int8(const int8_t *a, size_t a_stride, size_t rows, const int8_t *b, size_t b_stride, size_t columns,
                      size_t depth, bool adding, int32_t *products, void *workspace) {
    ColumnsChunk *packed_b = workspace;
    RowsChunk *packed_a = (RowsChunk *)(packed_b + chunks_of_columns(columns, depth));
    if (depth == 0 && !adding) memset(products, 0, rows * columns * sizeof *products);
    for (size_t column = 0; column < columns; column += WIDTH) {
        size_t wide = at_most(WIDTH, columns - column);
        for (size_t d = 0; d < depth; d += DEPTH) {
            size_t deep = at_most(DEPTH, depth - d), chunks = groups(deep, CHUNK);
            pack_columns(b + d * b_stride + column, b_stride, deep, wide, packed_b);
            for (size_t row = 0; row < rows; row += HEIGHT) {
                size_t high = at_most(HEIGHT, rows - row);
                pack_rows(a + d * a_stride + row, a_stride, deep, high, packed_a);
                for (size_t near = 0; near < wide; near += NEAR)
                    multiply(packed_a, high, packed_b + near / COLUMNS * chunks, at_most(NEAR, wide - near), chunks,
                             adding || d > 0, products + row * columns + column + near, columns);
            }
        }
    }
}
