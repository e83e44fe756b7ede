#include "exponential.h"

/* One block of LANES examples at a time: widen and transpose, then (log-)softmax over the classes. */
INLINED bool transform_block(VKTransform transform, VKElement element, const void *logits, size_t first, size_t count,
                             size_t classes, double *x, size_t stride) {
    double largest[LANES], class_of_largest[LANES], finite[LANES], others[LANES], lane[LANES];
    for (int i = 0; i < LANES; i++) {
        largest[i] = -INFINITY;
        class_of_largest[i] = 0;
        finite[i] = 0;
        others[i] = 0;
    }
    for (size_t c = 0; c < classes; c++) {
        vk_widen_class(element, logits, first, count, classes, c, lane);
        for (int i = 0; i < LANES; i++) {
            finite[i] += lane[i] - lane[i]; /* 0, or NaN for ever after an infinity or NaN */
            class_of_largest[i] = lane[i] > largest[i] ? (double)c : class_of_largest[i];
            largest[i] = lane[i] > largest[i] ? lane[i] : largest[i];
        }
        memcpy(x + c * stride + first, lane, count * sizeof *lane);
    }
    bool all_finite = true;
    for (int i = 0; i < LANES; i++) all_finite &= finite[i] == 0;
    if (transform == VKRaw || !all_finite) return all_finite;

    for (size_t c = 0; c < classes; c++) {
        double *row = x + c * stride + first;
        memcpy(lane, row, count * sizeof *lane);
        for (int i = 0; i < LANES; i++) {
            lane[i] -= largest[i];
            double e = vk_exp_nonpositive(lane[i]);
            others[i] += (double)c == class_of_largest[i] ? 0.0 : e;
            lane[i] = transform == VKSoftmax ? e : lane[i];
        }
        memcpy(row, lane, count * sizeof *lane);
    }
    double divisor[LANES], logarithm[LANES];
    for (int i = 0; i < LANES; i++) {
        divisor[i] = 1.0 + others[i];
        logarithm[i] = transform == VKLogSoftmax ? vk_log1p_nonnegative(others[i]) : 0.0;
    }
    for (size_t c = 0; c < classes; c++) {
        double *row = x + c * stride + first;
        memcpy(lane, row, count * sizeof *lane);
        for (int i = 0; i < LANES; i++) lane[i] = transform == VKSoftmax ? lane[i] / divisor[i] : lane[i] - logarithm[i];
        memcpy(row, lane, count * sizeof *lane);
    }
    return true;
}

INLINED bool transform_all(VKTransform transform, VKElement element, const void *logits, size_t examples,
                           size_t classes, double *x, size_t stride) {
    bool all_finite = true;
    size_t first = 0;
    for (; first + LANES <= examples; first += LANES)
        all_finite &= transform_block(transform, element, logits, first, LANES, classes, x, stride);
    if (first < examples)
        all_finite &= transform_block(transform, element, logits, first, examples - first, classes, x, stride);
    return all_finite;
}

/* The common cases are made constants, so that the loops above lose their branches. */
MULTIVERSIONED bool vk_transform(VKTransform transform, VKElement element, const void *logits, size_t examples,
                                 size_t classes, double *x, size_t stride) {
    if (transform == VKLogSoftmax && element == VKFloat16)
        return transform_all(VKLogSoftmax, VKFloat16, logits, examples, classes, x, stride);
    if (transform == VKLogSoftmax && element == VKFloat32)
        return transform_all(VKLogSoftmax, VKFloat32, logits, examples, classes, x, stride);
    return transform_all(transform, element, logits, examples, classes, x, stride);
}
