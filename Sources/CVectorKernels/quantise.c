#include "lanes.h"

/* One block of LANES examples, all classes of one run; `count` of the lanes are real. */
INLINED void quantise_block(const double *x, size_t x_stride, size_t classes, size_t count, const double *mean,
                            const double *scale, size_t stride, const float *inverse_step, const float *step,
                            float limit, int8_t *q, size_t q_stride, double *lost) {
    const float round_to_integer = 0x1.8p23f;
    float squares[LANES] = {0};
    for (size_t c = 0; c < classes; c++) {
        int8_t lane[LANES] = {0};
        for (size_t i = 0; i < count; i++) {
            float z = (float)((x[c * x_stride + i] - mean[c * stride + i]) * scale[c * stride + i]);
            float steps = z * inverse_step[i];
            steps = steps > limit ? limit : steps;
            steps = steps < -limit ? -limit : steps;
            steps = (steps + round_to_integer) - round_to_integer;
            float rest = z - steps * step[i];
            squares[i] += rest * rest;
            lane[i] = (int8_t)(int32_t)steps;
        }
        memcpy(q + c * q_stride, lane, count);
    }
    for (size_t i = 0; i < count; i++) lost[i] += (double)squares[i];
}

MULTIVERSIONED void vk_quantise(const double *x, size_t x_stride, size_t classes, size_t examples, const double *mean,
                                const double *scale, size_t stride, const float *inverse_step, const float *step,
                                float limit, int8_t *q, size_t q_stride, double *lost) {
    size_t i = 0;
    /* The constant count lets the compiler make vectors of the block. */
    for (; i + LANES <= examples; i += LANES)
        quantise_block(x + i, x_stride, classes, LANES, mean + i, scale + i, stride, inverse_step + i, step + i, limit,
                       q + i, q_stride, lost + i);
    if (i < examples)
        quantise_block(x + i, x_stride, classes, examples - i, mean + i, scale + i, stride, inverse_step + i, step + i,
                       limit, q + i, q_stride, lost + i);
}
