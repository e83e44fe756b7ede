#include "rotate.h"

/* One class of `count` examples, a group of runs. */
INLINED void quantise_group(size_t group, const double *x, size_t x_run, size_t count, const double *mean,
                            const double *scale, const float *inverse_step, const float *step, float limit, int8_t *q,
                            size_t q_run, double *lost) {
    const float round_to_integer = 0x1.8p23f;
    LaneDoubles of_mean, of_scale, of_x, of_lost;
    LaneFloats of_inverse_step, of_step, squares = {0}, z[VK_GROUP];
    VK_LOAD(&of_mean, mean, count);
    VK_LOAD(&of_scale, scale, count);
    VK_LOAD(&of_inverse_step, inverse_step, count);
    VK_LOAD(&of_step, step, count);
    VK_UNROLLED for (size_t run = 0; run < group; run++) {
        VK_LOAD(&of_x, x + run * x_run, count);
        z[run] = __builtin_convertvector((of_x - of_mean) * of_scale, LaneFloats);
    }
    vk_rotate(z, group);
    VK_UNROLLED for (size_t run = 0; run < group; run++) {
        LaneFloats steps = z[run] * of_inverse_step;
        steps = __builtin_elementwise_min(steps, (LaneFloats){0} + limit);
        steps = __builtin_elementwise_max(steps, (LaneFloats){0} - limit);
        steps = (steps + round_to_integer) - round_to_integer;
        LaneFloats rest = z[run] - steps * of_step;
        squares += rest * rest;
        LaneBytes counts = __builtin_convertvector(__builtin_convertvector(steps, LaneIntegers), LaneBytes);
        memcpy(q + run * q_run, &counts, count * sizeof *q);
    }
    VK_LOAD(&of_lost, lost, count);
    of_lost += __builtin_convertvector(squares, LaneDoubles);
    memcpy(lost, &of_lost, count * sizeof *lost);
}

MULTIVERSIONED void vk_quantise(const double *x, size_t x_stride, size_t runs, size_t classes, size_t examples,
                                const double *mean, const double *scale, size_t stride, const float *inverse_step,
                                const float *step, float limit, int8_t *q, size_t q_stride, double *lost) {
    size_t x_run = classes * x_stride, q_run = classes * q_stride;
    for (size_t c = 0; c < classes; c++) {
        for (size_t first = 0; first < examples; first += LANES) {
            const double *of_mean = mean + c * stride + first, *of_scale = scale + c * stride + first;
            size_t size;
            for (size_t run = 0; run < runs; run += size) {
                const double *of_x = x + run * x_run + c * x_stride + first;
                int8_t *of_q = q + run * q_run + c * q_stride + first;
                size = vk_next_group(runs - run);
                /* The constant count lets the compiler make vectors of the block. */
                if (examples - first >= LANES) {
                    VK_WITH_CONSTANT_GROUP(size, quantise_group, of_x, x_run, LANES, of_mean, of_scale,
                                           inverse_step + first, step + first, limit, of_q, q_run, lost + first)
                } else {
                    VK_WITH_CONSTANT_GROUP(size, quantise_group, of_x, x_run, examples - first, of_mean, of_scale,
                                           inverse_step + first, step + first, limit, of_q, q_run, lost + first)
                }
            }
        }
    }
}
