#include "../shared/lanes.h"

/* The lanes that are set, as one bit each. */
typedef bool LaneBools __attribute__((ext_vector_type(LANES)));

INLINED uint32_t bits_of(const LaneIntegers *are_set) {
    LaneBools bools = __builtin_convertvector(*are_set, LaneBools);
    uint16_t bits;
    memcpy(&bits, &bools, sizeof bits);
    return bits;
}

/* Counts a lower bound, and raises the threshold to the highest bin such that k lower bounds are in it or above. */
INLINED void count_lower(float lower, EKThreshold *threshold, int32_t *bins) {
    if (!(lower * EK_BINS_PER_UNIT >= -EK_FIRST_BIN)) return;
    int32_t bin = lower < 1 ? (int32_t)floorf(lower * EK_BINS_PER_UNIT) + EK_FIRST_BIN : EK_BINS - 1;
    bins[bin]++;
    if (bin <= threshold->bin) return;
    threshold->above++;
    if (threshold->above < threshold->k) return;
    while (threshold->above >= threshold->k) {
        threshold->bin++;
        threshold->above -= bins[threshold->bin];
    }
    float edge = (float)(threshold->bin - EK_FIRST_BIN) / EK_BINS_PER_UNIT;
    threshold->value = edge > threshold->value ? edge : threshold->value;
}

/* The columns among LANES starting at `first`, `count` of which are real, that may reach the threshold; returns
   their number. Nearly always there is none: this is detected without a branch for each column. */
INLINED size_t screen_block(const LaneFloats *products, size_t first, size_t count, EKScreenRow row,
                            EKScreenColumns columns, int32_t first_index, EKThreshold *threshold, int32_t *bins,
                            EKCandidate *candidates) {
    LaneFloats scale, norm, residual, offset;
    EK_LOAD(&scale, columns.scale + first, count);
    EK_LOAD(&norm, columns.norm + first, count);
    EK_LOAD(&residual, columns.residual + first, count);
    EK_LOAD(&offset, columns.offset + first, count);
    LaneFloats middle = *products * (row.scale * scale) - offset;
    LaneFloats radius = row.norm * residual + (row.residual * norm + EK_SCREEN_SLACK);
    LaneFloats lower = middle - radius, upper = middle + radius;
    LaneIntegers reach = upper >= threshold->value;
    uint32_t bits = bits_of(&reach) & (uint32_t)((1ull << count) - 1);
    if (!bits) return 0;
    ALIGNED float lowers[LANES], uppers[LANES];
    memcpy(lowers, &lower, sizeof lower);
    memcpy(uppers, &upper, sizeof upper);
    size_t found = 0;
    for (; bits; bits &= bits - 1) {
        int i = __builtin_ctz(bits);
        if (uppers[i] < threshold->value) continue;
        candidates[found++] = (EKCandidate){first_index + (int32_t)(first + i), lowers[i], uppers[i]};
        /* Lower bounds below the threshold cannot raise it. */
        if (lowers[i] >= threshold->value) count_lower(lowers[i], threshold, bins);
    }
    return found;
}

#define SCREEN(type)                                                                                                   \
    typedef type LaneProducts __attribute__((vector_size(LANES * sizeof(type))));                                      \
    size_t found = 0, first = 0;                                                                                       \
    LaneProducts stored;                                                                                               \
    LaneFloats floats;                                                                                                 \
    for (; first + LANES <= count; first += LANES) {                                                                   \
        EK_LOAD(&stored, products + first, LANES);                                                                     \
        floats = __builtin_convertvector(stored, LaneFloats);                                                          \
        found += screen_block(&floats, first, LANES, row, columns, first_index, threshold, bins, candidates + found);  \
    }                                                                                                                  \
    if (first < count) {                                                                                               \
        EK_LOAD(&stored, products + first, count - first);                                                             \
        floats = __builtin_convertvector(stored, LaneFloats);                                                          \
        found += screen_block(&floats, first, count - first, row, columns, first_index, threshold, bins,               \
                              candidates + found);                                                                     \
    }                                                                                                                  \
    return found;

MULTIVERSIONED size_t ek_screen_int32(const int32_t *products, size_t count, EKScreenRow row, EKScreenColumns columns,
                                      int32_t first_index, EKThreshold *threshold, int32_t *bins,
                                      EKCandidate *candidates) {
    SCREEN(int32_t)
}

MULTIVERSIONED size_t ek_screen_float(const float *products, size_t count, EKScreenRow row, EKScreenColumns columns,
                                      int32_t first_index, EKThreshold *threshold, int32_t *bins,
                                      EKCandidate *candidates) {
    SCREEN(float)
}
