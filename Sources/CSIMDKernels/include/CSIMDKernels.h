/* The loops that need wide SIMD. Each is compiled for several instruction sets and chosen at load time;
   none is left to contract or reassociate, so that every processor computes the same bits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "MetricsKernels.h"
#include "TrainingKernels.h"

/// How a logit is stored, always in the machine's own byte order.
typedef enum { EKFloat16, EKBFloat16, EKFloat32, EKFloat64 } EKElement;

/// What a row of logits becomes before it is standardized (x in the definition of the kernel).
typedef enum { EKRaw, EKSoftmax, EKLogSoftmax } EKTransform;

/// Beyond it the squares of differences, summed over the runs, would leave the doubles.
#define EK_LARGEST_LOGIT 1e100

/// Transforms `examples` rows of `classes` logits and transposes them: logits (examples, classes), row-major,
/// to x (classes, stride), of which the first `examples` of each row are written.
/// The logarithm of the likeliest class is exact also where the others' probabilities vanish beside 1.
/// Returns whether all logits are finite, and none is beyond EK_LARGEST_LOGIT in magnitude; where not, x holds no
/// promise.
bool ek_transform(EKTransform transform, EKElement element, const void *logits, size_t examples, size_t classes,
                  double *x, size_t stride);

/// Some runs of some examples, transformed: x (runs, classes, stride), of which the first `examples` of each row are
/// taken.
typedef struct {
    const double *x;
    size_t stride, runs, classes, examples;
} EKBlock;

/// z = (x - mean) * scale for a block of examples: mean and scale are (classes, stride).
typedef struct {
    const double *mean, *scale;
    size_t stride;
} EKStandardization;

/// Runs that are rotated together, at most: see ``ek_quantize``.
enum { EK_GROUP = 16 };

/// Sums and extremes over the runs, each (classes, stride): sum and square of x - shift, its range, and of the rotated
/// runs of a group the range of the first, and the largest magnitude of the others.
typedef struct {
    double *sum, *square, *least, *greatest;
    float *least_first, *greatest_first, *greatest_other;
    size_t stride;
} EKMomentSums;

/// Adds a block of runs, the first of which is number `first_run`, to the sums, run after run; shift has their shape.
/// Blocks have `group` runs, a power of 2, but for the last. Ranges of rotated runs are those of floats, and the first
/// is given as though its group had `group` runs.
void ek_accumulate_moments(EKBlock block, size_t first_run, size_t group, const double *shift, EKMomentSums sums);

/// z, rounded once to float, to z (runs, classes, z_stride).
void ek_standardize(EKBlock block, EKStandardization standardization, float *z, size_t z_stride);

/// The codes of examples: one number each of the scale and its inverse (or 0), and the largest code.
typedef struct {
    const float *scale, *inverse_scale;
    float largest_code;
} EKQuantization;

/// The same z, rotated and quantized: codes (runs, classes, codes_stride) = y / scale rounded to an integer of
/// magnitude `largest_code` at most. Adds the squares of the quantization error, y - scale code, to `squared_error`,
/// one number an example.
///
/// y is z multiplied by an orthogonal matrix along the runs (EK_GROUP of them at a time, at the end the next smaller
/// powers of 2): inner products stay the same, but a run that stands out is spread over the others, so that the largest
/// magnitude, and with it the scale, is some half of that of z. The matrix is Hadamard's.
void ek_quantize(EKBlock block, EKStandardization standardization, EKQuantization quantization, int8_t *codes,
                 size_t codes_stride, double *squared_error);

/// products (rows, columns) = a^T b, or += where `adding`; a (depth, a_stride), of which the first `rows` columns are
/// taken, b (depth, columns), both of numbers up to EK_INT8_LARGEST in magnitude. All sums must fit into 32 bits in any
/// order. `workspace` has ``ek_multiply_int8_workspace`` bytes and begins with a cache line.
void ek_multiply_int8(const int8_t *a, size_t a_stride, size_t rows, const int8_t *b, size_t columns, size_t depth,
                      bool adding, int32_t *products, void *workspace);

/// The largest number n for which 2 n * n, added to another such product, fits into 16 bits.
enum { EK_INT8_LARGEST = 90 };

/// Bytes that ``ek_multiply_int8`` needs to work with, however large the matrices are 5 MB at most.
size_t ek_multiply_int8_workspace(size_t rows, size_t columns, size_t depth);

/// Whether this processor multiplies bytes in that way, faster than floats.
bool ek_has_fast_int8(void);

/// What is known of the similarity of an example (the row) to others (the columns) from their products in a narrow
/// arithmetic: |similarity - row.scale column.scale product| <= row.norm column.residual + row.residual column.norm.
typedef struct {
    float scale, norm, residual;
} EKScreenRow;

/// The same of the columns, an array each.
typedef struct {
    const float *scale, *norm, *residual;
} EKScreenColumns;

/// A column whose similarity may reach a threshold: its index, and what the similarity is at least and at most.
typedef struct {
    int32_t index;
    float lower, upper;
} EKCandidate;

/// What k columns of a row reach at least. Lower ends of similarities are counted in EK_BINS bins, EK_BINS_PER_UNIT to
/// a similarity of 1; bin EK_FIRST_BIN begins with 0, the last holds all above, and what is below the first is not
/// counted.
typedef struct {
    /// No more than k columns' similarities; -infinity while there are not as many.
    float value;
    /// The number of columns.
    int32_t k;
    /// The highest bin that k lower ends are in or above, -1 where there is none, and how many are above.
    int32_t bin, above;
} EKThreshold;

enum { EK_BINS_PER_UNIT = 256, EK_FIRST_BIN = 128, EK_BINS = 384 };

/// Writes the columns whose similarity may reach the threshold to `candidates`, which has room for all, in ascending
/// order, and returns their number. Raises the threshold meanwhile, by counting their lower ends in `bins` (EK_BINS).
/// The first column is number `first_index`. Similarities, at most 1 in magnitude, are given EK_SCREEN_SLACK more on
/// either side for the rounding of all this.
size_t ek_screen_int32(const int32_t *products, size_t count, EKScreenRow row, EKScreenColumns columns,
                       int32_t first_index, EKThreshold *threshold, int32_t *bins, EKCandidate *candidates);

/// The same for products in float.
size_t ek_screen_float(const float *products, size_t count, EKScreenRow row, EKScreenColumns columns,
                       int32_t first_index, EKThreshold *threshold, int32_t *bins, EKCandidate *candidates);

/// 2^-20: the rounding of the products to float, of two multiplications and of the sums, 2^-21 together, and as much
/// again.
#define EK_SCREEN_SLACK 0x1p-20f

/// The limbs of numbers that are kept: the high ones alone, or both.
typedef enum { EKHighLimb = 1, EKBothLimbs = 2 } EKLimbs;

/// z as whole numbers of 2^-fraction_bits, in two limbs: n = 2^EK_LIMB_BITS high + low, each of magnitude
/// 2^(EK_LIMB_BITS - 1) at most. |z| must stay below 2^(2 EK_LIMB_BITS - 1 - fraction_bits).
///
/// A block is transposed to limbs (rows, limbs_stride), the i-th example to row places[i]: a chunk for every EK_DEPTH
/// numbers of the depth, runs times classes, their high limbs and, where `kept`, behind them their low ones. The last
/// chunk is filled with zeros, which add nothing to products.
/// Where high limbs are kept alone, the squares of the low ones are added to `dropped_squares`, one number an example.
void ek_limbs(EKBlock block, EKStandardization standardization, int fraction_bits, EKLimbs kept, const int32_t *places,
              int16_t *limbs, size_t limbs_stride, int64_t *dropped_squares);

enum { EK_DEPTH = 16, EK_LIMB_BITS = 14 };

/// Adds the inner products of pairs: of both limbs in the unit 4^-fraction_bits, of the high ones in 4^EK_LIMB_BITS of
/// these units. Exact, and so in any order.
///
/// a (rows, kept * depth) and b (columns, kept * depth) are as ``ek_limbs`` writes them; depth is a multiple of
/// EK_DEPTH. Pair p is row rows[p] of a with row columns[p] of b; its product is added to sums[p], which must fit into
/// 64 bits. Pairs of the same row of a that follow one another are fastest.
void ek_add_limb_products(EKLimbs kept, const int16_t *a, const int16_t *b, size_t depth, const int32_t *rows,
                          const int32_t *columns, size_t count, int64_t *sums);

/// z as whole numbers of 2^-fraction_bits, in double, to numbers (runs, classes, numbers_stride).
void ek_whole_numbers(EKBlock block, EKStandardization standardization, int fraction_bits, double *numbers,
                      size_t numbers_stride);

/// First class with the largest logit of each of `examples` rows of `classes` logits; ties to the smaller class.
void ek_top_class(EKElement element, const void *logits, size_t examples, size_t classes, int32_t *top);
