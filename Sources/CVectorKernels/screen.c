#include "lanes.h"

/* The similarity of LANES columns from here on: its middle, and how far it may be from there. */
#define INTERVALS(products, first, count)                                                                              \
    for (size_t i = 0; i < (count); i++) {                                                                             \
        middle[i] = (float)(products)[(first) + i] * (row.scale * columns.scale[(first) + i]);                         \
        radius[i] = row.norm * columns.residual[(first) + i] +                                                         \
                    (row.residual * columns.norm[(first) + i] + VK_SCREEN_SLACK);                                      \
    }

/* Nearly all blocks have no hit: whether one has is found without a branch for each column. */
#define SCREEN(products)                                                                                               \
    size_t found = 0;                                                                                                  \
    for (size_t first = 0; first < count; first += LANES) {                                                            \
        size_t lanes = count - first < LANES ? count - first : LANES;                                                  \
        float middle[LANES], radius[LANES];                                                                            \
        if (lanes == LANES) {                                                                                          \
            INTERVALS(products, first, LANES)                                                                          \
            int any = 0;                                                                                               \
            for (int i = 0; i < LANES; i++) any |= middle[i] + radius[i] >= threshold;                                 \
            if (!any) continue;                                                                                        \
        } else {                                                                                                       \
            INTERVALS(products, first, lanes)                                                                          \
        }                                                                                                              \
        for (size_t i = 0; i < lanes; i++) {                                                                           \
            if (!(middle[i] + radius[i] >= threshold)) continue;                                                       \
            hits.column[found] = (int32_t)(first + i);                                                                 \
            hits.lower[found] = middle[i] - radius[i];                                                                 \
            hits.upper[found] = middle[i] + radius[i];                                                                 \
            found++;                                                                                                   \
        }                                                                                                              \
    }                                                                                                                  \
    return found;

MULTIVERSIONED size_t vk_screen_int32(const int32_t *products, size_t count, VKScreenRow row, VKScreenColumns columns,
                                      float threshold, VKScreenHits hits) {
    SCREEN(products)
}

MULTIVERSIONED size_t vk_screen_float(const float *products, size_t count, VKScreenRow row, VKScreenColumns columns,
                                      float threshold, VKScreenHits hits) {
    SCREEN(products)
}
