#include "lanes.h"

MULTIVERSIONED void vk_whole_numbers(const double *x, size_t x_stride, size_t runs, size_t classes, size_t examples,
                                     const double *mean, const double *scale, size_t stride, int fraction_bits,
                                     double *numbers, size_t numbers_stride) {
    double per_unit = ldexp(1, fraction_bits);
    for (size_t run = 0; run < runs; run++, x += classes * x_stride, numbers += classes * numbers_stride)
        for (size_t c = 0; c < classes; c++)
            for (size_t i = 0; i < examples; i++)
                numbers[c * numbers_stride + i] =
                    rint((x[c * x_stride + i] - mean[c * stride + i]) * scale[c * stride + i] * per_unit);
}
