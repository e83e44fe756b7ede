#include "../shared/multiversion.h"
#include "TrainingKernels.h"
#include <math.h>

MULTIVERSIONED void ek_adam_step(float *restrict parameters, float *restrict mean, float *restrict square,
                                 const float *restrict gradient, size_t count, float rate, float mean_correction,
                                 float square_correction) {
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i];
        mean[i] = 0.9f * mean[i] + 0.1f * g;
        square[i] = 0.999f * square[i] + 0.001f * g * g;
        parameters[i] -= rate * (mean[i] * mean_correction) / (sqrtf(square[i] * square_correction) + 1e-8f);
    }
}
