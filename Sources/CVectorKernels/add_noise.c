#include "TrainingKernels.h"
#include "multiversion.h"

/* The last step of MurmurHash3 (Austin Appleby, public domain): every bit of x decides over every bit of the result. */
INLINED uint32_t mixed(uint32_t x) {
    x = (x ^ x >> 16) * 0x85ebca6b;
    x = (x ^ x >> 13) * 0xc2b2ae35;
    return x ^ x >> 16;
}

MULTIVERSIONED void vk_add_noise(float *restrict values, size_t count, uint64_t key, float deviation) {
    const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
    const float scale = deviation / 147.80053f; /* the standard deviation of the sum, sqrt(4 (256^2 - 1) / 12) */
    for (size_t i = 0; i < count; i++) {
        uint32_t random = mixed(mixed((uint32_t)i + low) ^ high);
        uint32_t pairs = (random & 0x00ff00ff) + (random >> 8 & 0x00ff00ff);
        int32_t sum = (int32_t)((pairs & 0xffff) + (pairs >> 16)); /* of four bytes: 0 to 1020 */
        values[i] += scale * (float)(sum - 510);
    }
}
