#include "../shared/lanes.h"

/* z of one class for all runs of a block: the mean and the scale stay in registers. */
INLINED void standardize_class(const double *x, size_t x_run, size_t runs, size_t count, const double *mean,
                               const double *scale, float *z, size_t z_run) {
    double of_mean[LANES], of_scale[LANES];
    memcpy(of_mean, mean, count * sizeof *mean);
    memcpy(of_scale, scale, count * sizeof *scale);
    for (size_t run = 0; run < runs; run++, x += x_run, z += z_run)
        for (size_t i = 0; i < count; i++) z[i] = (float)((x[i] - of_mean[i]) * of_scale[i]);
}

MULTIVERSIONED void ek_standardize(EKBlock block, EKStandardization by, float *z, size_t z_stride) {
    size_t x_run = block.classes * block.stride, z_run = block.classes * z_stride;
    for (size_t c = 0; c < block.classes; c++) {
        for (size_t first = 0; first < block.examples; first += LANES) {
            const double *x = block.x + c * block.stride + first;
            const double *mean = by.mean + c * by.stride + first, *scale = by.scale + c * by.stride + first;
            float *of_z = z + c * z_stride + first;
            size_t left = block.examples - first;
            /* The constant count lets the compiler vectorize the block. */
            if (left >= LANES)
                standardize_class(x, x_run, block.runs, LANES, mean, scale, of_z, z_run);
            else
                standardize_class(x, x_run, block.runs, left, mean, scale, of_z, z_run);
        }
    }
}
