#include "../shared/multiversion.h"
#include "TrainingKernels.h"
#include <string.h>

INLINED uint32_t bits_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

INLINED float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Integer arithmetic without branches, so that the loop is vectorized even without an instruction for it. */
MULTIVERSIONED bool ek_round_to_half(const float *restrict values, uint16_t *restrict halves, size_t count) {
    const uint32_t largest_half = 0x477fe000;    /* 65504 */
    const uint32_t smallest_normal = 0x38800000; /* 2^-14 */
    const uint32_t infinity = 0x7f800000;
    uint32_t not_finite = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = bits_of_float(values[i]);
        uint32_t magnitude = bits & 0x7fffffff;
        not_finite |= magnitude >= infinity;
        magnitude = magnitude < largest_half ? magnitude : largest_half;
        /* 13 of the 23 bits of the mantissa are dropped: adding half of their unit, minus one if the last bit kept
           is even, carries exactly if the number is rounded up; 112 is the difference of the exponents' biases. */
        uint32_t normal = (magnitude + 0xfff + (magnitude >> 13 & 1) - (112u << 23)) >> 13;
        /* Beside 1/2 the unit of a float is 2^-24, that of subnormal halves: the addition rounds. */
        uint32_t subnormal = bits_of_float(float_of_bits(magnitude) + 0.5f) - bits_of_float(0.5f);
        uint32_t half = magnitude < smallest_normal ? subnormal : normal;
        halves[i] = (uint16_t)(half | (bits >> 16 & 0x8000));
    }
    return not_finite == 0;
}
