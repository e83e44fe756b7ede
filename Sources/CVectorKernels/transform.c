#include "exponential.h"
#include "widen.h"

/* So many examples go through each step together: their x stays in the first-level cache, and the steps wait for no
   result of their own. */
enum { GROUP = 8 * LANES };

INLINED bool transform_group(VKTransform transform, VKElement element, const void *logits, size_t examples,
                             size_t first, size_t count, size_t classes, double *x, size_t stride) {
    ALIGNED double largest[GROUP], class_of_largest[GROUP], finite[GROUP] = {0}, others[GROUP] = {0}, share[GROUP];
    vk_widen(element, logits, examples, classes, first, count, 0, classes, x + first, stride);
    for (size_t i = 0; i < count; i++) {
        largest[i] = -INFINITY;
        class_of_largest[i] = 0;
    }
    for (size_t c = 0; c < classes; c++) {
        const double *row = x + c * stride + first;
        for (size_t i = 0; i < count; i++) {
            finite[i] = fabs(row[i]) <= VK_LARGEST_LOGIT ? finite[i] : 1.0;
            class_of_largest[i] = row[i] > largest[i] ? (double)c : class_of_largest[i];
            largest[i] = row[i] > largest[i] ? row[i] : largest[i];
        }
    }
    bool all_finite = true;
    for (size_t i = 0; i < count; i++) all_finite &= finite[i] == 0;
    if (transform == VKRaw || !all_finite) return all_finite;

    for (size_t c = 0; c < classes; c++) {
        double *row = x + c * stride + first;
        for (size_t i = 0; i < count; i++) {
            double difference = row[i] - largest[i], e = vk_exp_nonpositive(difference);
            others[i] += (double)c == class_of_largest[i] ? 0.0 : e;
            row[i] = transform == VKSoftmax ? e : difference;
        }
    }
    for (size_t i = 0; i < count; i++)
        share[i] = transform == VKSoftmax ? 1.0 + others[i] : vk_log1p_nonnegative(others[i]);
    for (size_t c = 0; c < classes; c++) {
        double *row = x + c * stride + first;
        for (size_t i = 0; i < count; i++) row[i] = transform == VKSoftmax ? row[i] / share[i] : row[i] - share[i];
    }
    return true;
}

INLINED bool transform_all(VKTransform transform, VKElement element, const void *logits, size_t examples,
                           size_t classes, double *x, size_t stride) {
    bool all_finite = true;
    for (size_t first = 0; first < examples; first += GROUP) {
        size_t count = examples - first < GROUP ? examples - first : GROUP;
        all_finite &= transform_group(transform, element, logits, examples, first, count, classes, x, stride);
    }
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
