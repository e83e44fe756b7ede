/* Rotation of the numbers of several runs by an orthogonal matrix. */
#pragma once

#include "lanes.h"

_Static_assert(EK_GROUP == 16, "the cases below");

/* The square roots of the powers of 2 up to EK_GROUP. */
INLINED float ek_square_root(size_t count) {
    return count == 16 ? 4.0f : count == 8 ? 0x1.6a09e6p1f : count == 4 ? 2.0f : count == 2 ? 0x1.6a09e6p0f : 1.0f;
}

/* Multiplies `count` rows, a constant power of 2, by the Hadamard matrix over sqrt(count): inner products stay the
   same, and outliers of one row are spread over all. (Sylvester's construction, a sum and a difference of two rows
   at a time.) */
INLINED void ek_rotate(LaneFloats *rows, size_t count) {
    EK_UNROLLED for (size_t half = 1; half < count; half *= 2) {
        EK_UNROLLED for (size_t i = 0; i < count; i++) {
            if (i & half) continue;
            LaneFloats sum = rows[i] + rows[i + half], difference = rows[i] - rows[i + half];
            rows[i] = sum;
            rows[i + half] = difference;
        }
    }
    EK_UNROLLED for (size_t i = 0; i < count; i++)
        rows[i] *= 1 / ek_square_root(count);
}

/* The number of runs that are rotated together: the largest power of 2 that is at most `left` and EK_GROUP. */
INLINED size_t ek_next_group(size_t left) {
    size_t group = EK_GROUP;
    while (group > left) group /= 2;
    return group;
}

/* Calls function(count, ...) with a constant count, so that its rows stay in registers. */
#define EK_WITH_CONSTANT_GROUP(count, function, ...)                                                                   \
    switch (count) {                                                                                                   \
    case 16: function(16, __VA_ARGS__); break;                                                                         \
    case 8: function(8, __VA_ARGS__); break;                                                                           \
    case 4: function(4, __VA_ARGS__); break;                                                                           \
    case 2: function(2, __VA_ARGS__); break;                                                                           \
    default: function(1, __VA_ARGS__); break;                                                                          \
    }
