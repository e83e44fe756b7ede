#include "lanes.h"

/* Counts of one class, as bytes or as 16-bit numbers. */
INLINED void store_counts(const int32_t counts[LANES], size_t count, bool wide, void *q, size_t at) {
    int16_t words[LANES];
    int8_t bytes[LANES];
    for (int i = 0; i < LANES; i++) {
        words[i] = (int16_t)counts[i];
        bytes[i] = (int8_t)counts[i];
    }
    if (wide)
        memcpy((int16_t *)q + at, words, count * sizeof *words);
    else
        memcpy((int8_t *)q + at, bytes, count * sizeof *bytes);
}

/* One block of LANES examples from `first` on, all classes of one run; `count` of the lanes are real. */
INLINED void quantise_block(const double *x, size_t x_stride, size_t classes, size_t first, size_t count,
                            const double *mean, const double *scale, size_t stride, const float *inverse_step,
                            const float *step, float limit, bool wide, void *q, size_t q_stride, double *lost) {
    const float round_to_integer = 0x1.8p23f;
    float squares[LANES] = {0};
    for (size_t c = 0; c < classes; c++) {
        const double *of_x = x + c * x_stride + first;
        const double *of_mean = mean + c * stride + first, *of_scale = scale + c * stride + first;
        int32_t counts[LANES] = {0};
        for (size_t i = 0; i < count; i++) {
            float z = (float)((of_x[i] - of_mean[i]) * of_scale[i]);
            float steps = z * inverse_step[first + i];
            steps = steps > limit ? limit : steps;
            steps = steps < -limit ? -limit : steps;
            steps = (steps + round_to_integer) - round_to_integer;
            float rest = z - steps * step[first + i];
            squares[i] += rest * rest;
            counts[i] = (int32_t)steps;
        }
        store_counts(counts, count, wide, q, c * q_stride + first);
    }
    for (size_t i = 0; i < count; i++) lost[first + i] += (double)squares[i];
}

INLINED void quantise(const double *x, size_t x_stride, size_t classes, size_t examples, const double *mean,
                      const double *scale, size_t stride, const float *inverse_step, const float *step, float limit,
                      bool wide, void *q, size_t q_stride, double *lost) {
    size_t first = 0;
    /* The constant count lets the compiler make vectors of the block. */
    for (; first + LANES <= examples; first += LANES)
        quantise_block(x, x_stride, classes, first, LANES, mean, scale, stride, inverse_step, step, limit, wide, q,
                       q_stride, lost);
    if (first < examples)
        quantise_block(x, x_stride, classes, first, examples - first, mean, scale, stride, inverse_step, step, limit,
                       wide, q, q_stride, lost);
}

/* The width is made a constant, so that the loops above lose their branch. */
MULTIVERSIONED void vk_quantise(const double *x, size_t x_stride, size_t classes, size_t examples, const double *mean,
                                const double *scale, size_t stride, const float *inverse_step, const float *step,
                                float limit, bool wide, void *q, size_t q_stride, double *lost) {
    if (wide)
        quantise(x, x_stride, classes, examples, mean, scale, stride, inverse_step, step, limit, true, q, q_stride,
                 lost);
    else
        quantise(x, x_stride, classes, examples, mean, scale, stride, inverse_step, step, limit, false, q, q_stride,
                 lost);
}
