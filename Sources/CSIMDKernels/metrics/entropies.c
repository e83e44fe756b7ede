#include "../shared/exponential.h"
#include "MetricsKernels.h"

MULTIVERSIONED void ek_entropies(const double *x, size_t classes, size_t count, double *entropies, double *scratch) {
    double *largest = scratch, *sums = scratch + count;
    memcpy(largest, x, count * sizeof *x);
    for (size_t c = 1; c < classes; c++)
        for (size_t i = 0; i < count; i++) largest[i] = x[c * count + i] > largest[i] ? x[c * count + i] : largest[i];
    memset(sums, 0, count * sizeof *sums);
    memset(entropies, 0, count * sizeof *entropies);
    /* With d = x - max x: the entropy is log(sum of e^d) - (sum of d e^d) / (sum of e^d). */
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++) {
            double distance = x[c * count + i] - largest[i];
            double power = ek_exp_nonpositive(distance);
            sums[i] += power;
            entropies[i] -= distance * power;
        }
    for (size_t i = 0; i < count; i++) entropies[i] = ek_log_positive(sums[i]) + entropies[i] / sums[i];
}
