#include "../shared/lanes.h"
#include "ImageKernels.h"

INLINED float ek_sum_of_lanes(const LaneFloats *lanes) {
    float sum = 0;
    for (size_t lane = 0; lane < LANES; lane++) sum += (*lanes)[lane];
    return sum;
}

MULTIVERSIONED float ek_product_with_bytes(const float *a, const uint8_t *b, size_t count) {
    LaneFloats sum = {0}, of_a;
    size_t place = 0;
    for (; place + LANES <= count; place += LANES) {
        typedef uint8_t LaneUnsigned __attribute__((vector_size(LANES)));
        LaneUnsigned of_b;
        EK_LOAD(&of_a, a + place, LANES);
        EK_LOAD(&of_b, b + place, LANES);
        sum += of_a * __builtin_convertvector(of_b, LaneFloats);
    }
    float all = ek_sum_of_lanes(&sum);
    for (; place < count; place++) all += a[place] * (float)b[place];
    return all;
}

MULTIVERSIONED float ek_squared_distance(const float *a, const float *b, size_t count) {
    LaneFloats sum = {0}, of_a, of_b;
    size_t place = 0;
    for (; place + LANES <= count; place += LANES) {
        EK_LOAD(&of_a, a + place, LANES);
        EK_LOAD(&of_b, b + place, LANES);
        of_a -= of_b;
        sum += of_a * of_a;
    }
    float all = ek_sum_of_lanes(&sum);
    for (; place < count; place++) all += (a[place] - b[place]) * (a[place] - b[place]);
    return all;
}
