#include "../shared/multiversion.h"
#include "TrainingKernels.h"

MULTIVERSIONED void ek_gather_inputs(const uint8_t *restrict images, size_t features, const int32_t *restrict rows,
                                     size_t count, const float *restrict scale, const float *restrict shift,
                                     float *restrict values) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *image = images + (size_t)rows[i] * features;
        float *input = values + i * features;
        for (size_t f = 0; f < features; f++) input[f] = (float)image[f] * scale[f] + shift[f];
    }
}
