#include "lanes.h"

INLINED void top_class_block(VKElement element, const void *logits, size_t first, size_t count, size_t classes,
                             int32_t *top) {
    double largest[LANES], lane[LANES];
    int32_t class_of_largest[LANES];
    for (int i = 0; i < LANES; i++) {
        largest[i] = -INFINITY;
        class_of_largest[i] = 0;
    }
    for (size_t c = 0; c < classes; c++) {
        vk_widen_class(element, logits, first, count, classes, c, lane);
        for (int i = 0; i < LANES; i++) {
            class_of_largest[i] = lane[i] > largest[i] ? (int32_t)c : class_of_largest[i];
            largest[i] = lane[i] > largest[i] ? lane[i] : largest[i];
        }
    }
    memcpy(top + first, class_of_largest, count * sizeof *top);
}

MULTIVERSIONED void vk_top_class(VKElement element, const void *logits, size_t examples, size_t classes,
                                 int32_t *top) {
    size_t first = 0;
    for (; first + LANES <= examples; first += LANES)
        top_class_block(element, logits, first, LANES, classes, top);
    if (first < examples) top_class_block(element, logits, first, examples - first, classes, top);
}
