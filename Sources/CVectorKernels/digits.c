#include "transpose.h"

typedef uint64_t LaneWideBits __attribute__((vector_size(LANES * sizeof(uint64_t))));

/* n = z / unit of `count` examples, to the nearest: adding 1.5 * 2^52 moves it into the low bits. */
INLINED void whole_numbers(const double *x, const double *mean, const double *scale, size_t count, double per_unit,
                           LaneIntegers *numbers) {
    LaneDoubles of_x, of_mean, of_scale;
    VK_LOAD(&of_x, x, count);
    VK_LOAD(&of_mean, mean, count);
    VK_LOAD(&of_scale, scale, count);
    LaneDoubles shifted = (of_x - of_mean) * of_scale * per_unit + 0x1.8p52;
    *numbers = __builtin_convertvector((LaneWideBits)shifted, LaneIntegers);
}

_Static_assert((long long)LANES << (2 * VK_DIGIT_BITS - 2) < 1ll << 31, "squares of low digits fit into 32 bits");

/* LANES numbers of the depth from `d` on, of `count` examples from `first` on. */
INLINED void digits_of_block(const double *x, size_t x_stride, size_t depth, size_t classes, size_t d, size_t first,
                             size_t count, const double *mean, const double *scale, size_t stride, double per_unit,
                             VKDigits kept, const int32_t *places, int16_t *digits, size_t digits_stride,
                             int64_t *missed) {
    LaneFloats rows[LANES];
    size_t c = d % classes;
    VK_UNROLLED for (size_t i = 0; i < LANES; i++) {
        rows[i] = (LaneFloats){0};
        if (d + i < depth)
            whole_numbers(x + (d + i) * x_stride + first, mean + c * stride + first, scale + c * stride + first, count,
                          per_unit, (LaneIntegers *)&rows[i]);
        c = c + 1 == classes ? 0 : c + 1;
    }
    vk_transpose(rows);
    VK_UNROLLED for (size_t i = 0; i < LANES; i++) {
        LaneIntegers numbers = (LaneIntegers)rows[i];
        LaneIntegers high = (numbers + (1 << (VK_DIGIT_BITS - 1))) >> VK_DIGIT_BITS;
        LaneIntegers low = numbers - (high << VK_DIGIT_BITS);
        LaneWords digit[2] = {__builtin_convertvector(high, LaneWords), __builtin_convertvector(low, LaneWords)};
        if (i < count) memcpy(digits + (size_t)places[first + i] * digits_stride + kept * d, digit, kept * sizeof *digit);
        if (i < count && kept == VKHighDigits) missed[first + i] += __builtin_reduce_add(low * low);
    }
}

INLINED void all_digits(const double *x, size_t x_stride, size_t depth, size_t classes, size_t examples,
                        const double *mean, const double *scale, size_t stride, double per_unit, VKDigits kept,
                        const int32_t *places, int16_t *digits, size_t digits_stride, int64_t *missed) {
    for (size_t first = 0; first < examples; first += LANES) {
        size_t count = examples - first < LANES ? examples - first : LANES;
        for (size_t d = 0; d < depth; d += LANES) {
            if (count == LANES && d + LANES <= depth)
                digits_of_block(x, x_stride, d + LANES, classes, d, first, LANES, mean, scale, stride, per_unit, kept,
                                places, digits, digits_stride, missed);
            else
                digits_of_block(x, x_stride, depth, classes, d, first, count, mean, scale, stride, per_unit, kept,
                                places, digits, digits_stride, missed);
        }
    }
}

/* A constant says which digits are kept, so that a block is written without a branch. */
MULTIVERSIONED void vk_digits(const double *x, size_t x_stride, size_t runs, size_t classes, size_t examples,
                              const double *mean, const double *scale, size_t stride, int fraction_bits,
                              VKDigits kept, const int32_t *places, int16_t *digits, size_t digits_stride,
                              int64_t *missed) {
    double per_unit = vk_double_of_bits((uint64_t)(1023 + fraction_bits) << 52);
    if (kept == VKBothDigits)
        all_digits(x, x_stride, runs * classes, classes, examples, mean, scale, stride, per_unit, VKBothDigits,
                   places, digits, digits_stride, missed);
    else
        all_digits(x, x_stride, runs * classes, classes, examples, mean, scale, stride, per_unit, VKHighDigits,
                   places, digits, digits_stride, missed);
}
