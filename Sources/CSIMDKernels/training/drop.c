#include "../shared/mixed_bits.h"
#include "TrainingKernels.h"

MULTIVERSIONED void ek_drop(float *restrict values, size_t count, uint64_t key, float rate) {
    const uint32_t threshold = (uint32_t)(rate * 0x1p24f); /* rate < 1, so that it is below 2^24 */
    const float scale = 1 / (1 - rate);
    for (size_t i = 0; i < count; i++) values[i] = ek_random_bits(key, i) >> 8 < threshold ? 0 : scale * values[i];
}
