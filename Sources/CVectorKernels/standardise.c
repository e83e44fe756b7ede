#include "lanes.h"

/* z of one class of all runs of a block: the mean and the scale stay in registers. */
INLINED void standardise_block(const double *x, size_t x_run, size_t runs, size_t count, const double *mean,
                               const double *scale, float *z, size_t z_run) {
    double of_mean[LANES], of_scale[LANES];
    memcpy(of_mean, mean, count * sizeof *mean);
    memcpy(of_scale, scale, count * sizeof *scale);
    for (size_t run = 0; run < runs; run++, x += x_run, z += z_run)
        for (size_t i = 0; i < count; i++) z[i] = (float)((x[i] - of_mean[i]) * of_scale[i]);
}

MULTIVERSIONED void vk_standardise(const double *x, size_t x_stride, size_t runs, size_t classes, size_t examples,
                                   const double *mean, const double *scale, size_t stride, float *z, size_t z_stride) {
    for (size_t c = 0; c < classes; c++) {
        for (size_t first = 0; first < examples; first += LANES) {
            const double *of_x = x + c * x_stride + first;
            const double *of_mean = mean + c * stride + first, *of_scale = scale + c * stride + first;
            float *of_z = z + c * z_stride + first;
            /* The constant count lets the compiler make vectors of the block. */
            if (examples - first >= LANES)
                standardise_block(of_x, classes * x_stride, runs, LANES, of_mean, of_scale, of_z, classes * z_stride);
            else
                standardise_block(of_x, classes * x_stride, runs, examples - first, of_mean, of_scale, of_z,
                                  classes * z_stride);
        }
    }
}
