/* Stored logits, widened to double and transposed: a vector holds LANES examples of one class. */
#pragma once

#include "transpose.h"

typedef uint16_t LaneHalves __attribute__((vector_size(LANES * sizeof(uint16_t))));
typedef uint32_t LaneBits __attribute__((vector_size(LANES * sizeof(uint32_t))));

/* Moves the exponents and mantissas of halves to those of floats and multiplies by 2^112, the difference of the
   biases: exact for normal and subnormal numbers; only infinity and NaN need their exponents set separately. */
INLINED void ek_widen_halves(const LaneHalves *halves, LaneFloats *floats) {
    LaneBits bits = __builtin_convertvector(*halves, LaneBits);
    LaneFloats magnitudes = (LaneFloats)((bits & 0x7fff) << 13) * 0x1p112f;
    LaneBits special = (LaneBits)((bits & 0x7c00) == 0x7c00) & 0x7f800000u;
    *floats = (LaneFloats)((LaneBits)magnitudes | (bits & 0x8000) << 16 | special);
}

INLINED void ek_widen_bfloats(const LaneHalves *bfloats, LaneFloats *floats) {
    *floats = (LaneFloats)(__builtin_convertvector(*bfloats, LaneBits) << 16);
}

/* LANES logits starting at `at`, of which `count` are read and the others set to 0. */
INLINED void ek_widen_row(EKElement element, const void *logits, size_t at, size_t count, LaneFloats *floats) {
    LaneHalves halves = {0};
    *floats = (LaneFloats){0};
    if (element == EKUInt8)
        for (size_t i = 0; i < count; i++) (*floats)[i] = ((const uint8_t *)logits)[at + i];
    else if (element == EKFloat32)
        memcpy(floats, (const float *)logits + at, count * sizeof(float));
    else
        memcpy(&halves, (const uint16_t *)logits + at, count * sizeof(uint16_t));
    if (element == EKFloat16) ek_widen_halves(&halves, floats);
    if (element == EKBFloat16) ek_widen_bfloats(&halves, floats);
}

/* Classes c + i of LANES rows of logits (rows, classes) starting at `first`, to x + i * stride. LANES numbers of
   every row are read, even beyond its end. */
INLINED void ek_widen_whole(EKElement element, const void *logits, size_t classes, size_t first, size_t c, size_t some,
                            double *x, size_t stride) {
    LaneFloats rows[LANES];
    EK_UNROLLED for (size_t j = 0; j < LANES; j++)
        ek_widen_row(element, logits, (first + j) * classes + c, LANES, &rows[j]);
    ek_transpose(rows);
    EK_UNROLLED for (size_t i = 0; i < LANES; i++) {
        LaneDoubles wide = __builtin_convertvector(rows[i], LaneDoubles);
        if (i < some) memcpy(x + i * stride, &wide, sizeof wide);
    }
}

INLINED double ek_widened(EKElement element, const void *logits, size_t at) {
    LaneFloats floats;
    if (element == EKFloat64) return ((const double *)logits)[at];
    ek_widen_row(element, logits, at, 1, &floats);
    return (double)floats[0];
}

/* The logits of `count` examples starting at `first` and of `some` classes starting at `first_class`, from logits
   (examples, classes), to x (some, stride). Nothing after the last logit is read. */
INLINED void ek_widen(EKElement element, const void *logits, size_t examples, size_t classes, size_t first,
                      size_t count, size_t first_class, size_t some, double *x, size_t stride) {
    for (size_t i = 0; i < count; i += LANES) {
        size_t lanes = count - i < LANES ? count - i : LANES;
        for (size_t j = 0; j < some; j += LANES) {
            size_t rows = some - j < LANES ? some - j : LANES;
            size_t c = first_class + j;
            bool is_inside = (first + i + LANES - 1) * classes + c + LANES <= examples * classes;
            double *to = x + j * stride + i;
            if (lanes == LANES && is_inside && element != EKFloat64)
                ek_widen_whole(element, logits, classes, first + i, c, rows, to, stride);
            else
                for (size_t row = 0; row < rows; row++)
                    for (size_t lane = 0; lane < lanes; lane++)
                        to[row * stride + lane] = ek_widened(element, logits, (first + i + lane) * classes + c + row);
        }
    }
}
