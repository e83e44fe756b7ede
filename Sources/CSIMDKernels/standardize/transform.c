#include "../shared/exponential.h"
#include "../shared/widen.h"

/* The number of examples that pass each step together: their x stays in the first-level cache, and no step waits for
   its own results. */
enum { GROUP = 8 * LANES };

/* Kept out of the loops, which most data passes without it. */
#define RARE __attribute__((noinline, cold))

/* What a group is that has a logit beyond EK_LARGEST_LOGIT, infinite or NaN: masked only if all such are -infinity, and
   every example has another class. */
RARE static EKFiniteness finiteness(const double *x, size_t stride, size_t count, size_t classes,
                                    const double *largest) {
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++)
            if (!(fabs(x[c * stride + i]) <= EK_LARGEST_LOGIT) && x[c * stride + i] != -INFINITY) return EKNotFinite;
    for (size_t i = 0; i < count; i++)
        if (largest[i] == -INFINITY) return EKNotFinite;
    return EKSomeMasked;
}

RARE static void replace_masked(double *x, size_t stride, size_t count, size_t classes, double constant) {
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++)
            if (x[c * stride + i] == -INFINITY) x[c * stride + i] = constant;
}

/* x less the largest of each row, or less the mean of the classes that are not masked. The largest goes first: what the
   logits have in common would cost the mean digits. */
INLINED void subtract(EKTransform transform, double *x, size_t stride, size_t count, size_t classes,
                      const double *largest) {
    ALIGNED double sum[GROUP] = {0}, summed[GROUP] = {0};
    for (size_t c = 0; c < classes; c++) {
        double *row = x + c * stride;
        for (size_t i = 0; i < count; i++) {
            row[i] -= largest[i];
            sum[i] += row[i] == -INFINITY ? 0.0 : row[i];
            summed[i] += row[i] == -INFINITY ? 0.0 : 1.0;
        }
    }
    if (transform == EKMinusMax) return;
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++) x[c * stride + i] -= sum[i] / summed[i];
}

INLINED EKFiniteness transform_group(EKTransform transform, EKElement element, const void *logits, size_t examples,
                                     size_t first, size_t count, size_t classes, double *x, size_t stride) {
    ALIGNED double largest[GROUP], class_of_largest[GROUP], finite[GROUP] = {0}, others[GROUP] = {0}, share[GROUP];
    ek_widen(element, logits, examples, classes, first, count, 0, classes, x + first, stride);
    for (size_t i = 0; i < count; i++) {
        largest[i] = -INFINITY;
        class_of_largest[i] = 0;
    }
    for (size_t c = 0; c < classes; c++) {
        const double *row = x + c * stride + first;
        for (size_t i = 0; i < count; i++) {
            finite[i] = fabs(row[i]) <= EK_LARGEST_LOGIT ? finite[i] : 1.0;
            class_of_largest[i] = row[i] > largest[i] ? (double)c : class_of_largest[i];
            largest[i] = row[i] > largest[i] ? row[i] : largest[i];
        }
    }
    bool all_finite = true;
    for (size_t i = 0; i < count; i++) all_finite &= finite[i] == 0;
    EKFiniteness found = all_finite ? EKAllFinite : finiteness(x + first, stride, count, classes, largest);
    if (found == EKNotFinite) return found;
    if (transform == EKRaw || transform == EKCentered || transform == EKMinusMax) {
        if (transform != EKRaw) subtract(transform, x + first, stride, count, classes, largest);
        if (found == EKSomeMasked) replace_masked(x + first, stride, count, classes, EK_MASKED_LOGIT);
        return found;
    }

    for (size_t c = 0; c < classes; c++) {
        double *row = x + c * stride + first;
        EK_INTERLEAVED for (size_t i = 0; i < count; i++) {
            double difference = row[i] - largest[i], e = ek_exp_nonpositive(difference);
            others[i] += (double)c == class_of_largest[i] ? 0.0 : e;
            row[i] = transform == EKSoftmax ? e : difference;
        }
    }
    for (size_t i = 0; i < count; i++)
        share[i] = transform == EKSoftmax ? 1.0 + others[i] : ek_log1p_nonnegative(others[i]);
    for (size_t c = 0; c < classes; c++) {
        double *row = x + c * stride + first;
        for (size_t i = 0; i < count; i++) row[i] = transform == EKSoftmax ? row[i] / share[i] : row[i] - share[i];
    }
    /* The softmax of -infinity is 0 already. */
    if (found == EKSomeMasked) replace_masked(x + first, stride, count, classes, EK_MASKED_LOG_PROBABILITY);
    return found;
}

INLINED EKFiniteness transform_all(EKTransform transform, EKElement element, const void *logits, size_t examples,
                                   size_t classes, double *x, size_t stride) {
    EKFiniteness worst = EKAllFinite;
    for (size_t first = 0; first < examples; first += GROUP) {
        size_t count = examples - first < GROUP ? examples - first : GROUP;
        EKFiniteness found = transform_group(transform, element, logits, examples, first, count, classes, x, stride);
        worst = found > worst ? found : worst;
    }
    return worst;
}

/* The common cases become constants, so that the loops above lose their branches. */
MULTIVERSIONED EKFiniteness ek_transform(EKTransform transform, EKElement element, const void *logits, size_t examples,
                                         size_t classes, double *x, size_t stride) {
    if (transform == EKLogSoftmax && element == EKFloat16)
        return transform_all(EKLogSoftmax, EKFloat16, logits, examples, classes, x, stride);
    if (transform == EKLogSoftmax && element == EKFloat32)
        return transform_all(EKLogSoftmax, EKFloat32, logits, examples, classes, x, stride);
    return transform_all(transform, element, logits, examples, classes, x, stride);
}
