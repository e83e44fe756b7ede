#include "../shared/transpose.h"

typedef uint64_t LaneWideBits __attribute__((vector_size(LANES * sizeof(uint64_t))));

/* n = z / unit of `count` examples, to the nearest: adding 1.5 * 2^52 moves it into the low bits. */
INLINED void whole_numbers(const double *x, const double *mean, const double *scale, size_t count, double per_unit,
                           LaneIntegers *numbers) {
    LaneDoubles of_x, of_mean, of_scale;
    EK_LOAD(&of_x, x, count);
    EK_LOAD(&of_mean, mean, count);
    EK_LOAD(&of_scale, scale, count);
    LaneDoubles shifted = (of_x - of_mean) * of_scale * per_unit + 0x1.8p52;
    *numbers = __builtin_convertvector((LaneWideBits)shifted, LaneIntegers);
}

_Static_assert((long long)LANES << (2 * EK_LIMB_BITS - 2) < 1ll << 31, "squares of low limbs fit into 32 bits");

/* The destination of a block's limbs. */
typedef struct {
    const int32_t *places;
    int16_t *limbs;
    size_t stride;
    int64_t *dropped_squares;
} LimbRows;

/* LANES elements of the depth starting at `d`, of `count` examples starting at `first`; the depth ends at `depth`. */
INLINED void limbs_of_lanes(const EKBlock *block, const EKStandardization *by, size_t depth, size_t d, size_t first,
                            size_t count, double per_unit, EKLimbs kept, const LimbRows *to) {
    LaneFloats rows[LANES];
    size_t c = d % block->classes;
    EK_UNROLLED for (size_t i = 0; i < LANES; i++) {
        rows[i] = (LaneFloats){0};
        if (d + i < depth)
            whole_numbers(block->x + (d + i) * block->stride + first, by->mean + c * by->stride + first,
                          by->scale + c * by->stride + first, count, per_unit, (LaneIntegers *)&rows[i]);
        c = c + 1 == block->classes ? 0 : c + 1;
    }
    ek_transpose(rows);
    EK_UNROLLED for (size_t i = 0; i < LANES; i++) {
        LaneIntegers numbers = (LaneIntegers)rows[i];
        LaneIntegers high = (numbers + (1 << (EK_LIMB_BITS - 1))) >> EK_LIMB_BITS;
        LaneIntegers low = numbers - (high << EK_LIMB_BITS);
        LaneWords limbs[2] = {__builtin_convertvector(high, LaneWords), __builtin_convertvector(low, LaneWords)};
        if (i >= count) continue;
        memcpy(to->limbs + (size_t)to->places[first + i] * to->stride + kept * d, limbs, kept * sizeof *limbs);
        if (kept == EKHighLimb) to->dropped_squares[first + i] += __builtin_reduce_add(low * low);
    }
}

INLINED void all_limbs(const EKBlock *block, const EKStandardization *by, double per_unit, EKLimbs kept,
                       const LimbRows *to) {
    size_t depth = block->runs * block->classes;
    for (size_t first = 0; first < block->examples; first += LANES) {
        size_t count = block->examples - first < LANES ? block->examples - first : LANES;
        for (size_t d = 0; d < depth; d += LANES) {
            if (count == LANES && d + LANES <= depth)
                limbs_of_lanes(block, by, d + LANES, d, first, LANES, per_unit, kept, to);
            else
                limbs_of_lanes(block, by, depth, d, first, count, per_unit, kept, to);
        }
    }
}

/* A constant selects the limbs kept, so that a block is written without branches. */
MULTIVERSIONED void ek_limbs(EKBlock block, EKStandardization by, int fraction_bits, EKLimbs kept,
                             const int32_t *places, int16_t *limbs, size_t limbs_stride, int64_t *dropped_squares) {
    double per_unit = ek_double_of_bits((uint64_t)(1023 + fraction_bits) << 52);
    LimbRows to = {places, limbs, limbs_stride, dropped_squares};
    if (kept == EKBothLimbs)
        all_limbs(&block, &by, per_unit, EKBothLimbs, &to);
    else
        all_limbs(&block, &by, per_unit, EKHighLimb, &to);
}
