/* Blocks of examples side by side: the inner loops run over LANES examples of one class. */
#pragma once

#include "CSIMDKernels.h"
#include "multiversion.h"
#include <math.h>
#include <string.h>

enum { LANES = 16 };

/* Vectors that start at a cache line are loaded from one line, not from two. */
#define ALIGNED _Alignas(64)

typedef double LaneDoubles __attribute__((vector_size(LANES * sizeof(double))));
typedef float LaneFloats __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t LaneIntegers __attribute__((vector_size(LANES * sizeof(int32_t))));
typedef int16_t LaneWords __attribute__((vector_size(LANES * sizeof(int16_t))));
typedef int8_t LaneBytes __attribute__((vector_size(LANES * sizeof(int8_t))));

/* Rows that stay in registers need loops without a counter. */
#define EK_UNROLLED _Pragma("clang loop unroll(full)")

/* Long chains of operations, such as an exponential, need several of them side by side: the processor's window is too
   short to find the next one by itself. (10 % of a transform with AVX2, 6 % with AVX-512.) */
#define EK_INTERLEAVED _Pragma("clang loop interleave_count(4)")

/* Loads the first `count` of the lanes; the others are 0. A constant count makes it one instruction. */
#define EK_LOAD(lanes, values, count)                                                                                  \
    (*(lanes) = (__typeof__(*(lanes))){0}, memcpy(lanes, values, (count) * sizeof *(values)))

INLINED double ek_double_of_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINED uint64_t ek_bits_of_double(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
