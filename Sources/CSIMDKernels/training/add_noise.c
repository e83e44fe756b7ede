#include "../shared/mixed_bits.h"
#include "TrainingKernels.h"

MULTIVERSIONED void ek_add_noise(float *restrict values, size_t count, uint64_t key, float deviation) {
    const float scale = deviation / 147.80053f; /* the standard deviation of the sum, sqrt(4 (256^2 - 1) / 12) */
    for (size_t i = 0; i < count; i++) {
        uint32_t random = ek_random_bits(key, i);
        uint32_t pairs = (random & 0x00ff00ff) + (random >> 8 & 0x00ff00ff);
        int32_t sum = (int32_t)((pairs & 0xffff) + (pairs >> 16)); /* of four bytes: 0 to 1020 */
        values[i] += scale * (float)(sum - 510);
    }
}
