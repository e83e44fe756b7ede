#include "../shared/multiversion.h"
#include "TrainingKernels.h"
#include <math.h>

MULTIVERSIONED void ek_square(const float *restrict values, float *restrict squares, size_t count) {
    for (size_t i = 0; i < count; i++) squares[i] = values[i] * values[i];
}

MULTIVERSIONED void ek_perturb(float *restrict means, float *restrict variances, const float *restrict noise,
                               size_t count) {
    for (size_t i = 0; i < count; i++) {
        float deviation = sqrtf(variances[i] + 1e-12f); /* its derivative is finite even if the variance is 0 */
        means[i] += deviation * noise[i];
        variances[i] = noise[i] / (2 * deviation);
    }
}

MULTIVERSIONED void ek_multiply(float *restrict values, const float *restrict factors, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] *= factors[i];
}

MULTIVERSIONED void ek_add_twice_product(float *restrict sums, const float *restrict a, const float *restrict b,
                                         size_t count) {
    for (size_t i = 0; i < count; i++) sums[i] += 2 * a[i] * b[i];
}
