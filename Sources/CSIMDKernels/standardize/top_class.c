#include "../shared/widen.h"

/* The number of examples processed together, in the first-level cache. */
enum { GROUP = 8 * LANES };

INLINED void top_class_of_group(EKElement element, const void *logits, size_t examples, size_t first, size_t count,
                                size_t classes, int32_t *top) {
    ALIGNED double largest[GROUP], x[LANES][GROUP];
    for (size_t i = 0; i < count; i++) {
        largest[i] = -INFINITY;
        top[i] = 0;
    }
    for (size_t chunk = 0; chunk < classes; chunk += LANES) {
        size_t some = classes - chunk < LANES ? classes - chunk : LANES;
        ek_widen(element, logits, examples, classes, first, count, chunk, some, x[0], GROUP);
        for (size_t c = 0; c < some; c++) {
            for (size_t i = 0; i < count; i++) {
                top[i] = x[c][i] > largest[i] ? (int32_t)(chunk + c) : top[i];
                largest[i] = x[c][i] > largest[i] ? x[c][i] : largest[i];
            }
        }
    }
}

MULTIVERSIONED void ek_top_class(EKElement element, const void *logits, size_t examples, size_t classes, int32_t *top) {
    for (size_t first = 0; first < examples; first += GROUP) {
        size_t count = examples - first < GROUP ? examples - first : GROUP;
        top_class_of_group(element, logits, examples, first, count, classes, top + first);
    }
}
