#include "../shared/multiversion.h"
#include "TrainingKernels.h"

MULTIVERSIONED void ek_nesterov_step(float *restrict parameters, float *restrict velocity,
                                     const float *restrict gradient, size_t count, float rate, float momentum,
                                     float decay) {
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i] + decay * parameters[i];
        float v = momentum * velocity[i] + g;
        velocity[i] = v;
        parameters[i] -= rate * (g + momentum * v);
    }
}
