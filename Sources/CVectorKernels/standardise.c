#include "lanes.h"

MULTIVERSIONED void vk_accumulate_moments(const double *restrict x, size_t x_stride, size_t classes, size_t examples,
                                          const double *restrict shift, double *restrict sum, double *restrict square,
                                          double *restrict least, double *restrict greatest, size_t stride) {
    for (size_t c = 0; c < classes; c++) {
        for (size_t i = 0; i < examples; i++) {
            double difference = x[c * x_stride + i] - shift[c * stride + i];
            size_t at = c * stride + i;
            sum[at] += difference;
            square[at] += difference * difference;
            least[at] = difference < least[at] ? difference : least[at];
            greatest[at] = difference > greatest[at] ? difference : greatest[at];
        }
    }
}

MULTIVERSIONED void vk_standardise(const double *restrict x, size_t x_stride, size_t classes, size_t examples,
                                   const double *restrict mean, const double *restrict scale, size_t stride,
                                   float *restrict z, size_t z_stride) {
    for (size_t c = 0; c < classes; c++) {
        for (size_t i = 0; i < examples; i++) {
            size_t at = c * stride + i;
            z[c * z_stride + i] = (float)((x[c * x_stride + i] - mean[at]) * scale[at]);
        }
    }
}

MULTIVERSIONED void vk_standardise_transposed(const double *restrict x, size_t x_stride, size_t classes,
                                              size_t examples, const double *restrict mean,
                                              const double *restrict scale, size_t stride, float *restrict z,
                                              size_t z_stride) {
    for (size_t first = 0; first < examples; first += LANES) {
        size_t count = examples - first < LANES ? examples - first : LANES;
        for (size_t c = 0; c < classes; c++) {
            const double *x_row = x + c * x_stride + first;
            const double *mean_row = mean + c * stride + first, *scale_row = scale + c * stride + first;
            float lane[LANES];
            if (count == LANES)
                for (int i = 0; i < LANES; i++) lane[i] = (float)((x_row[i] - mean_row[i]) * scale_row[i]);
            else
                for (size_t i = 0; i < count; i++) lane[i] = (float)((x_row[i] - mean_row[i]) * scale_row[i]);
            for (size_t i = 0; i < count; i++) z[(first + i) * z_stride + c] = lane[i];
        }
    }
}
