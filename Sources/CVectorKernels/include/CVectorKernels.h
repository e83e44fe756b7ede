/* The loops that need wide SIMD. Each is compiled for several instruction sets and chosen at load time;
   none is left to contract or reassociate, so that every processor computes the same bits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "MetricsKernels.h"
#include "TrainingKernels.h"

/// How a logit is stored, always in the machine's own byte order.
typedef enum { VKFloat16, VKBFloat16, VKFloat32, VKFloat64 } VKElement;

/// What a row of logits becomes before it is standardised (x in the definition of the kernel).
typedef enum { VKRaw, VKSoftmax, VKLogSoftmax } VKTransform;

/// Beyond it the squares of differences, summed over the runs, would leave the doubles.
#define VK_LARGEST_LOGIT 1e100

/// Transforms `examples` rows of `classes` logits and transposes them: logits (examples, classes), row-major,
/// to x (classes, stride), of which the first `examples` of each row are written.
/// The logarithm of the likeliest class is exact also where the others' probabilities vanish beside 1.
/// Returns whether all logits are finite, and none is beyond VK_LARGEST_LOGIT in magnitude; where not, x holds no promise.
bool vk_transform(VKTransform transform, VKElement element, const void *logits, size_t examples, size_t classes,
                  double *x, size_t stride);

/// Runs that are turned together, at most: see ``vk_quantise``.
enum { VK_GROUP = 16 };

/// What is added up and compared over the runs, each (classes, stride): sum and square of x - shift, its range, and of
/// what the runs of a group are turned into the range of the first, and the largest magnitude of the others.
typedef struct {
    double *sum, *square, *least, *greatest;
    float *least_first, *greatest_first, *greatest_other;
} VKMomentSums;

/// Adds to the sums a block of runs, the first of which is number `first_run`: run after run, x (runs, classes, x_stride)
/// of which `examples` are taken; shift is (classes, stride). Blocks have `group` runs, a power of 2, but for the last.
/// Ranges of what is turned are those of floats, and the first is given as though its group had `group` runs.
void vk_accumulate_moments(const double *x, size_t x_stride, size_t first_run, size_t runs, size_t group,
                           size_t classes, size_t examples, const double *shift, VKMomentSums sums, size_t stride);

/// z = (x - mean) * scale, rounded once to float: x (runs, classes, examples) to z of the same shape.
/// mean and scale are (classes, stride).
void vk_standardise(const double *x, size_t x_stride, size_t runs, size_t classes, size_t examples, const double *mean,
                    const double *scale, size_t stride, float *z, size_t z_stride);

/// The same z, turned and quantised: q (runs, classes, examples) = y / step rounded to an integer of magnitude `limit`
/// at most. Adds the squares of what is lost, y - step q, to `lost`. `inverse_step`, `step` and `lost` have one number an
/// example.
///
/// y is z multiplied by an orthogonal matrix along the runs (VK_GROUP of them at a time, at the end the next smaller
/// powers of 2): inner products stay the same, but a run that stands out is spread over the others, so that the largest
/// magnitude, and with it the step, is some half of that of z. The matrix is Hadamard's.
void vk_quantise(const double *x, size_t x_stride, size_t runs, size_t classes, size_t examples, const double *mean,
                 const double *scale, size_t stride, const float *inverse_step, const float *step, float limit,
                 int8_t *q, size_t q_stride, double *lost);

/// products (rows, columns) = a^T b, or += where `adding`; a (depth, a_stride), of which the first `rows` columns are
/// taken, b (depth, columns), both of numbers up to VK_INT8_LARGEST in magnitude. All sums must fit into 32 bits in any
/// order. `workspace` has ``vk_multiply_int8_workspace`` bytes and begins with a cache line.
void vk_multiply_int8(const int8_t *a, size_t a_stride, size_t rows, const int8_t *b, size_t columns, size_t depth,
                      bool adding, int32_t *products, void *workspace);

/// The largest number n for which 2 n * n, added to another such product, fits into 16 bits.
enum { VK_INT8_LARGEST = 90 };

/// Bytes that ``vk_multiply_int8`` needs to work with, however large the matrices are 5 MB at most.
size_t vk_multiply_int8_workspace(size_t rows, size_t columns, size_t depth);

/// Whether this processor multiplies bytes in that way, faster than floats.
bool vk_has_fast_int8(void);

/// What is known of the similarity of an example (the row) to others (the columns) from their products in a narrow
/// arithmetic: |similarity - row.scale column.scale product| <= row.norm column.residual + row.residual column.norm.
typedef struct {
    float scale, norm, residual;
} VKScreenRow;

/// The same of the columns, an array each.
typedef struct {
    const float *scale, *norm, *residual;
} VKScreenColumns;

/// A column whose similarity may reach a threshold: its index, and what the similarity is at least and at most.
typedef struct {
    int32_t index;
    float lower, upper;
} VKCandidate;

/// What k columns of a row reach at least. Lower ends of similarities are counted in VK_BINS bins, VK_BINS_PER_UNIT to a
/// similarity of 1; bin VK_FIRST_BIN begins with 0, the last holds all above, and what is below the first is not counted.
typedef struct {
    /// No more than k columns' similarities; -infinity while there are not as many.
    float value;
    /// The number of columns.
    int32_t k;
    /// The highest bin that k lower ends are in or above, -1 where there is none, and how many are above.
    int32_t bin, above;
} VKThreshold;

enum { VK_BINS_PER_UNIT = 256, VK_FIRST_BIN = 128, VK_BINS = 384 };

/// Writes the columns whose similarity may reach the threshold to `candidates`, which has room for all, in ascending order,
/// and returns their number. Raises the threshold meanwhile, by counting their lower ends in `bins` (VK_BINS).
/// The first column is number `first_index`. Similarities, at most 1 in magnitude, are given VK_SCREEN_SLACK more on
/// either side for the rounding of all this.
size_t vk_screen_int32(const int32_t *products, size_t count, VKScreenRow row, VKScreenColumns columns,
                       int32_t first_index, VKThreshold *threshold, int32_t *bins, VKCandidate *candidates);

/// The same for products in float.
size_t vk_screen_float(const float *products, size_t count, VKScreenRow row, VKScreenColumns columns,
                       int32_t first_index, VKThreshold *threshold, int32_t *bins, VKCandidate *candidates);

/// 2^-20: the rounding of the products to float, of two multiplications and of the sums, 2^-21 together, and as much again.
#define VK_SCREEN_SLACK 0x1p-20f

/// Which digits of numbers are kept: the high ones alone, or both.
typedef enum { VKHighDigits = 1, VKBothDigits = 2 } VKDigits;

/// z as whole numbers of 2^-fraction_bits, in two digits: n = 2^VK_DIGIT_BITS high + low, each of magnitude
/// 2^(VK_DIGIT_BITS - 1) at most. |z| must stay below 2^(2 VK_DIGIT_BITS - 1 - fraction_bits).
///
/// x (runs, classes, x_stride) of `examples` examples is transposed to digits (rows, digits_stride), the i-th example to row
/// places[i]: a chunk for every VK_DEPTH numbers of the depth, runs times classes, their high digits and, where `kept`, behind
/// them their low ones. The last chunk is filled with zeros, which add nothing to products. mean and scale are (classes,
/// stride).
/// Where high digits are kept alone, the squares of the low ones are added to `missed`, one number an example.
void vk_digits(const double *x, size_t x_stride, size_t runs, size_t classes, size_t examples, const double *mean,
               const double *scale, size_t stride, int fraction_bits, VKDigits kept, const int32_t *places,
               int16_t *digits, size_t digits_stride, int64_t *missed);

enum { VK_DEPTH = 16, VK_DIGIT_BITS = 14 };

/// Adds the inner products of pairs: of both digits in the unit 4^-fraction_bits, of the high ones in 4^VK_DIGIT_BITS of
/// these units. Exact, and so in any order.
///
/// a (rows, kept * depth) and b (columns, kept * depth) are as ``vk_digits`` writes them; depth is a multiple of VK_DEPTH.
/// Pair p is row rows[p] of a with row columns[p] of b; its product is added to sums[p], which must fit into 64 bits. Pairs
/// of the same row of a that follow one another are fastest.
void vk_add_digit_products(VKDigits kept, const int16_t *a, const int16_t *b, size_t depth, const int32_t *rows,
                           const int32_t *columns, size_t count, int64_t *sums);

/// z as whole numbers of 2^-fraction_bits, in double: x (runs, classes, x_stride) to numbers (runs, classes,
/// numbers_stride), of which the first `examples` of each row are written. mean and scale are (classes, stride).
void vk_whole_numbers(const double *x, size_t x_stride, size_t runs, size_t classes, size_t examples,
                      const double *mean, const double *scale, size_t stride, int fraction_bits, double *numbers,
                      size_t numbers_stride);

/// First class with the largest logit of each of `examples` rows of `classes` logits; ties to the smaller class.
void vk_top_class(VKElement element, const void *logits, size_t examples, size_t classes, int32_t *top);
