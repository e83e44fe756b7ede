#include "../shared/lanes.h"
#include "ImageKernels.h"

_Static_assert((int)EK_IMAGE_PADDING >= (int)LANES, "no row is read beyond its padding");

MULTIVERSIONED float ek_sum_of_products(const float *a, size_t a_stride, const float *b, size_t b_stride, size_t rows,
                                        size_t columns) {
    /* Two sums, so that an addition does not wait for the one before. */
    LaneFloats even = {0}, odd = {0}, of_a, of_b;
    for (size_t column = 0; column < columns; column += LANES) {
        const float *at_a = a + column, *at_b = b + column;
        size_t row = 0;
        for (; row + 2 <= rows; row += 2) {
            EK_LOAD(&of_a, at_a, LANES);
            EK_LOAD(&of_b, at_b, LANES);
            even += of_a * of_b;
            EK_LOAD(&of_a, at_a + a_stride, LANES);
            EK_LOAD(&of_b, at_b + b_stride, LANES);
            odd += of_a * of_b;
            at_a += 2 * a_stride;
            at_b += 2 * b_stride;
        }
        if (row < rows) {
            EK_LOAD(&of_a, at_a, LANES);
            EK_LOAD(&of_b, at_b, LANES);
            even += of_a * of_b;
        }
    }
    /* The lanes are added in pairs, then these: a tree, whose branches do not wait for one another. */
    LaneFloats all = even + odd;
    all += __builtin_shufflevector(all, all, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    all += __builtin_shufflevector(all, all, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    return (all[0] + all[2]) + (all[1] + all[3]);
}
