/* The loops that need wide SIMD. Each is compiled for several instruction sets, one of which is chosen at load time;
   none may be contracted or reassociated, so that every processor computes the same bits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ImageKernels.h"
#include "MetricsKernels.h"
#include "TrainingKernels.h"

/// The type of a stored logit, always in the machine's own byte order; bytes are those of images.
typedef enum { EKFloat16, EKBFloat16, EKFloat32, EKFloat64, EKUInt8 } EKElement;

/// The transform applied to a row of logits before standardization (x in the definition of the kernel): none, the
/// softmax, its logarithm, or less the mean or the largest of the row.
typedef enum { EKRaw, EKSoftmax, EKLogSoftmax, EKCentered, EKMinusMax } EKTransform;

/// The largest magnitude of a logit: beyond it, sums over the runs of squared differences would overflow.
#define EK_LARGEST_LOGIT 1e100

/// What some logits are: all finite, and at most EK_LARGEST_LOGIT in magnitude; so but for masked classes, whose logit
/// is -infinity while another of the same example is finite; or neither. In ascending order of trouble.
typedef enum { EKAllFinite, EKSomeMasked, EKNotFinite } EKFiniteness;

/// The logit, whole or less another, and the log-probability x of a masked class: constants, so that it adds nothing to
/// the kernel; below any other logit; and the logarithm of the smallest normal number, whose exponential counts as 0.
/// (The probability of a masked class is 0.)
#define EK_MASKED_LOGIT (-2e100)
#define EK_MASKED_LOG_PROBABILITY (-0x1.6232bdd7abcd2p+9)

/// Transforms `examples` rows of `classes` logits and transposes them: logits (examples, classes), row-major, to x
/// (classes, stride), of which the first `examples` of each row are written. The logarithm of the most likely class is
/// accurate even if the others' probabilities vanish beside 1. Returns what the logits are; if they are not finite, the
/// contents of x are unspecified.
EKFiniteness ek_transform(EKTransform transform, EKElement element, const void *logits, size_t examples, size_t classes,
                          double *x, size_t stride);

/// What files hold for logits: these; probabilities; or their natural logarithms, of which some are -infinity.
typedef enum { EKLogits, EKProbabilities, EKLogProbabilities } EKInputs;

/// Writes the logits, as doubles, for which `count` stored numbers stand: themselves or the natural logarithms of
/// probabilities. A probability of 0 counts as the smallest positive number of the element type; what is no
/// probability, or no logarithm of one, becomes NaN. If `is_binary`, each number is that of the second of two classes,
/// whose two logits are written: (0, x) for x, or the logarithms of (1 - p, p).
void ek_read_inputs(EKInputs inputs, EKElement element, const void *stored, size_t count, bool is_binary,
                    double *logits);

/// Some runs of some examples, transformed: x (runs, classes, stride), of which the first `examples` of each row are
/// used.
typedef struct {
    const double *x;
    size_t stride, runs, classes, examples;
} EKBlock;

/// z = (x - mean) * scale for a block of examples: mean and scale are (classes, stride).
typedef struct {
    const double *mean, *scale;
    size_t stride;
} EKStandardization;

/// The largest number of runs that are rotated together: see ``ek_quantize``.
enum { EK_GROUP = 16 };

/// Sums and extremes over the runs, each (classes, stride): sum and square of x - shift, its range; and, for the
/// rotated runs of a group, the range of the first, and the largest magnitude of the others.
typedef struct {
    double *sum, *square, *least, *greatest;
    float *least_first, *greatest_first, *greatest_other;
    size_t stride;
} EKMomentSums;

/// Adds a block of runs, the first of which has index `first_run`, to the sums, run after run; shift has the shape of
/// the sums. Blocks have `group` runs, a power of 2, except for the last. Ranges of rotated runs are computed in float,
/// and the first is scaled as if its group had `group` runs.
void ek_accumulate_moments(EKBlock block, size_t first_run, size_t group, const double *shift, EKMomentSums sums);

/// Writes z, rounded once to float, to z (runs, classes, z_stride).
void ek_standardize(EKBlock block, EKStandardization standardization, float *z, size_t z_stride);

/// The quantization of examples: one scale and one inverse scale (or 0) per example, and the largest code.
typedef struct {
    const float *scale, *inverse_scale;
    float largest_code;
} EKQuantization;

/// Rotates and quantizes z: codes (runs, classes, codes_stride) = y / scale rounded to an integer of at most
/// `largest_code` in magnitude. Adds the squares of the quantization error, y - scale code, to `squared_error`, one
/// number per example.
///
/// y is z multiplied by an orthogonal matrix along the runs (EK_GROUP of them at a time, at the end the next smaller
/// powers of 2): inner products stay the same, but an outlying run is spread over the others, so that the largest
/// magnitude, and with it the scale, is about half that of z. The matrix is Hadamard's.
void ek_quantize(EKBlock block, EKStandardization standardization, EKQuantization quantization, int8_t *codes,
                 size_t codes_stride, double *squared_error);

/// products (rows, columns) = a^T b, or += if `adding`; a (depth, a_stride), of which the first `rows` columns are
/// used, b (depth, b_stride), of which the first `columns` are, both of numbers up to EK_INT8_LARGEST in magnitude. All
/// sums must fit in 32 bits in any order. `workspace` has ``ek_multiply_int8_workspace`` bytes and starts at a cache
/// line.
void ek_multiply_int8(const int8_t *a, size_t a_stride, size_t rows, const int8_t *b, size_t b_stride, size_t columns,
                      size_t depth, bool adding, int32_t *products, void *workspace);

/// mirrored (columns, rows) = the first `columns` columns of products (rows, stride), transposed; numbers of 32 bits of
/// any type.
void ek_mirror(const void *products, size_t stride, size_t rows, size_t columns, void *mirrored);

/// The largest number n such that 2 n * n plus another such product fits in 16 bits.
enum { EK_INT8_LARGEST = 90 };

/// The size in bytes of the workspace of ``ek_multiply_int8``: at most 5 MB for matrices of any size.
size_t ek_multiply_int8_workspace(size_t rows, size_t columns, size_t depth);

/// Whether this processor multiplies bytes in this way faster than floats.
bool ek_has_fast_int8(void);

/// Bounds of the similarity of an example (the row) to others (the columns) from their products in a narrow arithmetic:
/// |similarity - row.scale column.scale product| <= row.norm column.residual + row.residual column.norm.
typedef struct {
    float scale, norm, residual;
} EKScreenRow;

/// The bounds of the columns, one array each, and the offset that is subtracted from all similarities in a column, 0 or
/// at most 1/2 in magnitude.
typedef struct {
    const float *scale, *norm, *residual, *offset;
} EKScreenColumns;

/// A column whose similarity may reach a threshold: its index, and the lower and upper bound of the similarity.
typedef struct {
    int32_t index;
    float lower, upper;
} EKCandidate;

/// A threshold that k columns of a row reach. Lower bounds of similarities are counted in EK_BINS bins,
/// EK_BINS_PER_UNIT per unit of similarity; bin EK_FIRST_BIN starts at 0, the last bin holds everything above, and
/// values below the first bin are not counted.
typedef struct {
    /// A lower bound of the similarities of k columns; -infinity as long as there are fewer.
    float value;
    /// Number of columns.
    int32_t k;
    /// The highest bin such that k lower bounds are in it or above, -1 if there is none; and the number above it.
    int32_t bin, above;
} EKThreshold;

enum { EK_BINS_PER_UNIT = 256, EK_FIRST_BIN = 128, EK_BINS = 384 };

/// Writes the columns whose similarity may reach the threshold to `candidates`, which has room for all, in ascending
/// order, and returns their number. Raises the threshold in the process, by counting their lower bounds in `bins`
/// (EK_BINS). Columns are numbered from `first_index`. Similarities, at most 1 in magnitude, get an additional margin
/// of EK_SCREEN_SLACK on either side for the rounding errors of this computation.
size_t ek_screen_int32(const int32_t *products, size_t count, EKScreenRow row, EKScreenColumns columns,
                       int32_t first_index, EKThreshold *threshold, int32_t *bins, EKCandidate *candidates);

/// The same for products in float.
size_t ek_screen_float(const float *products, size_t count, EKScreenRow row, EKScreenColumns columns,
                       int32_t first_index, EKThreshold *threshold, int32_t *bins, EKCandidate *candidates);

/// 2^-20: more than the rounding errors of converting the products to float, of two multiplications and of the sums,
/// together 2^-21, and of the offset, 2^-23.
#define EK_SCREEN_SLACK 0x1p-20f

/// The limbs of numbers that are kept: the high ones only, or both.
typedef enum { EKHighLimb = 1, EKBothLimbs = 2 } EKLimbs;

/// z as integers in units of 2^-fraction_bits, in two limbs: n = 2^EK_LIMB_BITS high + low, each of at most
/// 2^(EK_LIMB_BITS - 1) in magnitude. |z| must stay below 2^(2 EK_LIMB_BITS - 1 - fraction_bits).
///
/// A block is transposed to limbs (rows, limbs_stride), the i-th example to row places[i]: one chunk for every EK_DEPTH
/// elements of the depth, runs times classes, with their high limbs and, if `kept`, followed by their low ones. The
/// last chunk is padded with zeros, which add nothing to products. If only high limbs are kept, the squares of the low
/// ones are added to `dropped_squares`, one number per example.
void ek_limbs(EKBlock block, EKStandardization standardization, int fraction_bits, EKLimbs kept, const int32_t *places,
              int16_t *limbs, size_t limbs_stride, int64_t *dropped_squares);

enum { EK_DEPTH = 16, EK_LIMB_BITS = 14 };

/// Adds the inner products of pairs: of both limbs in units of 4^-fraction_bits, of the high ones in 4^EK_LIMB_BITS of
/// these units. Exact, and therefore independent of the order.
///
/// a (rows, kept * depth) and b (columns, kept * depth) are in the layout of ``ek_limbs``; depth is a multiple of
/// EK_DEPTH. Pair p is row rows[p] of a with row columns[p] of b; its product is added to sums[p], which must fit in 64
/// bits. Consecutive pairs with the same row of a are fastest.
void ek_add_limb_products(EKLimbs kept, const int16_t *a, const int16_t *b, size_t depth, const int32_t *rows,
                          const int32_t *columns, size_t count, int64_t *sums);

/// Writes z as integers in units of 2^-fraction_bits, as doubles, to numbers (runs, classes, numbers_stride).
void ek_whole_numbers(EKBlock block, EKStandardization standardization, int fraction_bits, double *numbers,
                      size_t numbers_stride);

/// The first class with the largest logit, for each of `examples` rows of `classes` logits.
void ek_top_class(EKElement element, const void *logits, size_t examples, size_t classes, int32_t *top);
