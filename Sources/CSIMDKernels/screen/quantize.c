#include "../shared/rotate.h"

/* One class of `count` examples, for a group of runs. */
INLINED void quantize_group(size_t group, const double *x, size_t x_run, size_t count, const double *mean,
                            const double *scale, const float *inverse_code_scale, const float *code_scale, float limit,
                            int8_t *codes, size_t codes_run, double *squared_error) {
    const float round_to_integer = 0x1.8p23f;
    LaneDoubles of_mean, of_scale, of_x, of_error;
    LaneFloats of_inverse_code_scale, of_code_scale, squares = {0}, z[EK_GROUP];
    EK_LOAD(&of_mean, mean, count);
    EK_LOAD(&of_scale, scale, count);
    EK_LOAD(&of_inverse_code_scale, inverse_code_scale, count);
    EK_LOAD(&of_code_scale, code_scale, count);
    EK_UNROLLED for (size_t run = 0; run < group; run++) {
        EK_LOAD(&of_x, x + run * x_run, count);
        z[run] = __builtin_convertvector((of_x - of_mean) * of_scale, LaneFloats);
    }
    ek_rotate(z, group);
    EK_UNROLLED for (size_t run = 0; run < group; run++) {
        LaneFloats code = z[run] * of_inverse_code_scale;
        code = __builtin_elementwise_min(code, (LaneFloats){0} + limit);
        code = __builtin_elementwise_max(code, (LaneFloats){0} - limit);
        code = (code + round_to_integer) - round_to_integer;
        LaneFloats error = z[run] - code * of_code_scale;
        squares += error * error;
        LaneBytes bytes = __builtin_convertvector(__builtin_convertvector(code, LaneIntegers), LaneBytes);
        memcpy(codes + run * codes_run, &bytes, count * sizeof *codes);
    }
    EK_LOAD(&of_error, squared_error, count);
    of_error += __builtin_convertvector(squares, LaneDoubles);
    memcpy(squared_error, &of_error, count * sizeof *squared_error);
}

MULTIVERSIONED void ek_quantize(EKBlock block, EKStandardization by, EKQuantization to, int8_t *codes,
                                size_t codes_stride, double *squared_error) {
    size_t x_run = block.classes * block.stride, codes_run = block.classes * codes_stride;
    for (size_t c = 0; c < block.classes; c++) {
        for (size_t first = 0; first < block.examples; first += LANES) {
            const double *mean = by.mean + c * by.stride + first, *scale = by.scale + c * by.stride + first;
            size_t left = block.examples - first, size;
            for (size_t run = 0; run < block.runs; run += size) {
                const double *x = block.x + run * x_run + c * block.stride + first;
                int8_t *of_codes = codes + run * codes_run + c * codes_stride + first;
                size = ek_next_group(block.runs - run);
                /* The constant count lets the compiler vectorize the block. */
                if (left >= LANES) {
                    EK_WITH_CONSTANT_GROUP(size, quantize_group, x, x_run, LANES, mean, scale, to.inverse_scale + first,
                                           to.scale + first, to.largest_code, of_codes, codes_run,
                                           squared_error + first)
                } else {
                    EK_WITH_CONSTANT_GROUP(size, quantize_group, x, x_run, left, mean, scale, to.inverse_scale + first,
                                           to.scale + first, to.largest_code, of_codes, codes_run,
                                           squared_error + first)
                }
            }
        }
    }
}
