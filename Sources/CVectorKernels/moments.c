#include "lanes.h"

INLINED void store(const LaneDoubles *lanes, size_t count, double *values) {
    memcpy(values, lanes, count * sizeof *values);
}

/* One class of all runs of a block: what is added up stays in registers. */
INLINED void accumulate_block(const double *x, size_t x_run, size_t runs, size_t count, const double *shift, double *sum,
                              double *square, double *least, double *greatest) {
    LaneDoubles of_shift, of_sum, of_square, of_least, of_greatest, of_x;
    VK_LOAD(&of_shift, shift, count);
    VK_LOAD(&of_sum, sum, count);
    VK_LOAD(&of_square, square, count);
    VK_LOAD(&of_least, least, count);
    VK_LOAD(&of_greatest, greatest, count);
    for (size_t run = 0; run < runs; run++, x += x_run) {
        VK_LOAD(&of_x, x, count);
        LaneDoubles difference = of_x - of_shift;
        of_sum += difference;
        LaneDoubles squared = difference * difference;
        of_square += squared;
        of_least = __builtin_elementwise_min(of_least, difference);
        of_greatest = __builtin_elementwise_max(of_greatest, difference);
    }
    store(&of_sum, count, sum);
    store(&of_square, count, square);
    store(&of_least, count, least);
    store(&of_greatest, count, greatest);
}

MULTIVERSIONED void vk_accumulate_moments(const double *x, size_t x_stride, size_t runs, size_t classes,
                                          size_t examples, const double *shift, double *sum, double *square,
                                          double *least, double *greatest, size_t stride) {
    for (size_t c = 0; c < classes; c++) {
        for (size_t first = 0; first < examples; first += LANES) {
            const double *of_x = x + c * x_stride + first;
            size_t at = c * stride + first;
            if (examples - first >= LANES)
                accumulate_block(of_x, classes * x_stride, runs, LANES, shift + at, sum + at, square + at, least + at,
                                 greatest + at);
            else
                accumulate_block(of_x, classes * x_stride, runs, examples - first, shift + at, sum + at, square + at,
                                 least + at, greatest + at);
        }
    }
}
