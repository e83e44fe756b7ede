#include "../shared/lanes.h"

MULTIVERSIONED void ek_whole_numbers(EKBlock block, EKStandardization by, int fraction_bits, double *numbers,
                                     size_t numbers_stride) {
    double per_unit = ldexp(1, fraction_bits);
    const double *x = block.x;
    for (size_t run = 0; run < block.runs; run++) {
        for (size_t c = 0; c < block.classes; c++, x += block.stride, numbers += numbers_stride) {
            const double *mean = by.mean + c * by.stride, *scale = by.scale + c * by.stride;
            for (size_t i = 0; i < block.examples; i++) numbers[i] = rint((x[i] - mean[i]) * scale[i] * per_unit);
        }
    }
}
