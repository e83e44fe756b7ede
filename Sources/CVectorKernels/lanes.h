/* Blocks of examples side by side: the inner loops run over LANES examples of one class. */
#pragma once

#include "CVectorKernels.h"
#include "multiversion.h"
#include <math.h>
#include <string.h>

enum { LANES = 16 };

INLINED double vk_double_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINED uint64_t vk_bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Moves the exponent and mantissa of the half into those of a float and multiplies by 2^112, the difference of the
   biases: exact for normal and subnormal numbers; only infinity and NaN need their exponent set by hand. */
INLINED float vk_float_of_half(uint16_t half) {
    uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
    uint32_t sign = (uint32_t)(half & 0x8000) << 16;
    float value;
    memcpy(&value, &magnitude, sizeof value);
    value *= 0x1p112f;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits |= sign | ((half & 0x7c00) == 0x7c00 ? 0x7f800000u : 0);
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINED float vk_float_of_bfloat(uint16_t bfloat) {
    uint32_t bits = (uint32_t)bfloat << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The logits of class `c` of `count` examples that follow `first`; the lanes past `count` repeat the first of them.
   They are collected as they are stored, and converted side by side. */
INLINED void vk_widen_class(VKElement element, const void *logits, size_t first, size_t count, size_t classes, size_t c,
                            double lane[LANES]) {
#define WIDEN(type, convert)                                                                                           \
    {                                                                                                                  \
        const type *row = (const type *)logits + first * classes + c;                                                  \
        type stored[LANES];                                                                                            \
        if (count == LANES)                                                                                            \
            for (int i = 0; i < LANES; i++) stored[i] = row[(size_t)i * classes];                                      \
        else                                                                                                           \
            for (int i = 0; i < LANES; i++) stored[i] = row[(size_t)i < count ? (size_t)i * classes : 0];              \
        for (int i = 0; i < LANES; i++) lane[i] = (double)convert(stored[i]);                                          \
        return;                                                                                                        \
    }
    switch (element) {
    case VKFloat16: WIDEN(uint16_t, vk_float_of_half)
    case VKBFloat16: WIDEN(uint16_t, vk_float_of_bfloat)
    case VKFloat32: WIDEN(float, )
    case VKFloat64: WIDEN(double, )
    }
#undef WIDEN
}
