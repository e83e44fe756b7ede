/* The elementwise loops for making an ensemble, by training networks or from random numbers: the counterpart of its
   matrix products. Matrices are row-major. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The images with indices `rows`, as network inputs: values (count, features) = image * scale + shift, per feature.
void ek_gather_inputs(const uint8_t *images, size_t features, const int32_t *rows, size_t count, const float *scale,
                      const float *shift, float *values);

/// The shape of images: (height, width, channels), row-major.
typedef struct EKImageShape {
    size_t height, width, channels;
} EKImageShape;

/// The 3 x 3 patches around every pixel of `count` images, zeros outside: patches (count, height, width, 3, 3,
/// channels).
void ek_gather_patches(const float *images, EKImageShape shape, size_t count, float *patches);

/// The counterpart: images = the sums of what the patches have of their pixels.
void ek_add_patches(const float *patches, EKImageShape shape, size_t count, float *images);

/// The largest of each 2 x 2 responses (count, height, width, filters), plus the filter's bias; negative results become
/// 0. `winners` gets which of the four it was, row by row. A last row or column without a neighbor is left out.
void ek_pool(const float *responses, const float *biases, EKImageShape shape, size_t count, float *pooled,
             uint8_t *winners);

/// Gradient by the responses: that by the pooled ones for the winners, 0 for the others.
void ek_pool_gradient(const float *gradient, const uint8_t *winners, EKImageShape shape, size_t count,
                      float *responses);

/// Adds one bias per column to values (rows, columns).
void ek_add_biases(float *values, const float *biases, size_t rows, size_t columns);

/// Adds one bias per column to values (rows, columns) and replaces negative results by 0.
void ek_add_biases_and_rectify(float *values, const float *biases, size_t rows, size_t columns);

/// Gradient through the rectifier: 0 if its output is 0, else multiplied by `scale`; `count` of each.
void ek_rectifier_gradient(const float *outputs, float *gradient, size_t count, float scale);

/// Drops each of `count` values with probability `rate`: dropped values are 0, the others are divided by 1 - rate. The
/// choice is a function of `key` and of the position only.
void ek_drop(float *values, size_t count, uint64_t key, float rate);

/// The sum over the rows of values (rows, columns).
void ek_sum_rows(const float *values, size_t rows, size_t columns, float *sums);

/// Gradient of the mean cross-entropy of `rows` softmaxes by their logits: (softmax - one-hot label) / rows. logits and
/// gradient (rows, classes), labels (rows), each label below `classes`.
void ek_cross_entropy_gradient(const float *logits, const int32_t *labels, size_t rows, size_t classes,
                               float *gradient);

/// The same for soft targets, the probabilities (rows, classes) of the classes: (softmax - target) / rows.
void ek_soft_cross_entropy_gradient(const float *logits, const float *targets, size_t rows, size_t classes,
                                    float *gradient);

/// One step of stochastic gradient descent with Nesterov momentum and weight decay for `count` parameters:
/// g = gradient + decay * parameter; velocity = momentum * velocity + g; parameter -= rate * (g + momentum * velocity).
void ek_nesterov_step(float *parameters, float *velocity, const float *gradient, size_t count, float rate,
                      float momentum, float decay);

/// Rounds to IEEE binary16, to nearest, ties to even. Finite values beyond the largest half, 65504, become +-65504: an
/// overconfident logit stays the largest of its row, while infinity would make the file unreadable. Returns whether all
/// values were finite; otherwise the contents of halves are unspecified.
bool ek_round_to_half(const float *values, uint16_t *halves, size_t count);

/// Adds noise with mean 0 and the given standard deviation to `count` values. Deviate i is a function of `key` and i
/// only, for the first 2^32 of them: the sum of four random bytes, nearly normal but never beyond 3.46 standard
/// deviations. It costs a tenth of a nanosecond, a true normal deviate ten.
void ek_add_noise(float *values, size_t count, uint64_t key, float deviation);

/// The squares of `count` values.
void ek_square(const float *values, float *squares, size_t count);

/// Replaces negative values by 0, among `count` values.
void ek_rectify(float *values, size_t count);

/// Multiplies each of `count` values by its factor.
void ek_multiply(float *values, const float *factors, size_t count);

/// Adds 2 a b to each of `count` sums.
void ek_add_twice_product(float *sums, const float *a, const float *b, size_t count);

/// Draws from `count` normal distributions: means += sqrt(variances) * noise, where noise consists of standard normal
/// deviates. The derivative of each sample by its variance, noise / (2 sqrt(variance)), replaces the variance.
void ek_perturb(float *means, float *variances, const float *noise, size_t count);

/// One step of Adam (Kingma and Ba, 2015; decay rates 0.9 and 0.999, epsilon 1e-8) for `count` parameters with the
/// running means of their gradients and squared gradients. The corrections are 1 / (1 - 0.9^t) and 1 / (1 - 0.999^t) in
/// step t, the first being 1.
void ek_adam_step(float *parameters, float *mean, float *square, const float *gradient, size_t count, float rate,
                  float mean_correction, float square_correction);
