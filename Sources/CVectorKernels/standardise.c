#include "CVectorKernels.h"
#include "multiversion.h"

MULTIVERSIONED void vk_accumulate_moments(const double *restrict x, const double *restrict shift, double *restrict sum,
                                          double *restrict square, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double difference = x[i] - shift[i];
        sum[i] += difference;
        square[i] += difference * difference;
    }
}

MULTIVERSIONED void vk_standardise(const double *restrict x, const double *restrict mean, const double *restrict scale,
                                   float *restrict z, size_t count) {
    for (size_t i = 0; i < count; i++) z[i] = (float)((x[i] - mean[i]) * scale[i]);
}
