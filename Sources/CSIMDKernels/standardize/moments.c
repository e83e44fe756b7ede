#include "../shared/rotate.h"

INLINED void store(const LaneDoubles *lanes, size_t count, double *values) {
    memcpy(values, lanes, count * sizeof *values);
}

/* One class of `count` examples, for a group of runs: the sums stay in registers. */
INLINED void accumulate_group(size_t group, const double *x, size_t x_run, size_t count, const double *shift, size_t at,
                              const EKMomentSums *sums, size_t runs_so_far, float root) {
    LaneDoubles of_shift, sum, square, least, greatest, of_x;
    LaneFloats rotated[EK_GROUP], least_first, greatest_first, greatest_other;
    EK_LOAD(&of_shift, shift, count);
    EK_LOAD(&sum, sums->sum + at, count);
    EK_LOAD(&square, sums->square + at, count);
    EK_LOAD(&least, sums->least + at, count);
    EK_LOAD(&greatest, sums->greatest + at, count);
    EK_UNROLLED for (size_t run = 0; run < group; run++) {
        EK_LOAD(&of_x, x + run * x_run, count);
        LaneDoubles difference = of_x - of_shift;
        sum += difference;
        LaneDoubles squared = difference * difference;
        square += squared;
        least = __builtin_elementwise_min(least, difference);
        greatest = __builtin_elementwise_max(greatest, difference);
        rotated[run] = __builtin_convertvector(difference, LaneFloats);
    }
    store(&sum, count, sums->sum + at);
    store(&square, count, sums->square + at);
    store(&least, count, sums->least + at);
    store(&greatest, count, sums->greatest + at);

    ek_rotate(rotated, group);
    EK_LOAD(&least_first, sums->least_first + at, count);
    EK_LOAD(&greatest_first, sums->greatest_first + at, count);
    EK_LOAD(&greatest_other, sums->greatest_other + at, count);
    EK_UNROLLED for (size_t run = 1; run < group; run++)
        greatest_other = __builtin_elementwise_max(greatest_other, __builtin_elementwise_abs(rotated[run]));
    /* The first contains sqrt(group) times the mean. The last groups are smaller: the missing part is added. */
    LaneFloats mean = __builtin_convertvector(sum / (double)runs_so_far, LaneFloats);
    LaneFloats first = rotated[0] + mean * (root - ek_square_root(group));
    least_first = __builtin_elementwise_min(least_first, first);
    greatest_first = __builtin_elementwise_max(greatest_first, first);
    memcpy(sums->least_first + at, &least_first, count * sizeof(float));
    memcpy(sums->greatest_first + at, &greatest_first, count * sizeof(float));
    memcpy(sums->greatest_other + at, &greatest_other, count * sizeof(float));
}

MULTIVERSIONED void ek_accumulate_moments(EKBlock block, size_t first_run, size_t group, const double *shift,
                                          EKMomentSums sums) {
    size_t x_run = block.classes * block.stride;
    for (size_t c = 0; c < block.classes; c++) {
        for (size_t first = 0; first < block.examples; first += LANES) {
            size_t at = c * sums.stride + first, left = block.examples - first, size;
            for (size_t run = 0; run < block.runs; run += size) {
                const double *x = block.x + run * x_run + c * block.stride + first;
                size = ek_next_group(block.runs - run);
                size_t runs_so_far = first_run + run + size;
                float root = ek_square_root(group);
                if (left >= LANES) {
                    EK_WITH_CONSTANT_GROUP(size, accumulate_group, x, x_run, LANES, shift + at, at, &sums, runs_so_far,
                                           root)
                } else {
                    EK_WITH_CONSTANT_GROUP(size, accumulate_group, x, x_run, left, shift + at, at, &sums, runs_so_far,
                                           root)
                }
            }
        }
    }
}
