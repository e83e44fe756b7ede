#include "../shared/exponential.h"
#include "MetricsKernels.h"

MULTIVERSIONED void ek_certainty_terms(const double *x, size_t classes, size_t count, double *terms, double *scratch) {
    double *powers = terms + classes * count, *votes = powers + classes * count, *entropies = votes + classes * count;
    double *largest = scratch, *sums = scratch + count;
    memcpy(terms, x, classes * count * sizeof *x);
    memcpy(largest, x, count * sizeof *x);
    for (size_t c = 1; c < classes; c++)
        for (size_t i = 0; i < count; i++) largest[i] = x[c * count + i] > largest[i] ? x[c * count + i] : largest[i];
    memset(votes, 0, classes * count * sizeof *votes);
    for (size_t i = 0; i < count; i++) {
        size_t c = 0;
        while (x[c * count + i] < largest[i]) c++;
        votes[c * count + i] = 1;
    }
    memset(sums, 0, count * sizeof *sums);
    memset(entropies, 0, count * sizeof *entropies);
    /* With d = x - max x: the entropy is log(sum of e^d) - (sum of d e^d) / (sum of e^d). */
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++) {
            double distance = x[c * count + i] - largest[i];
            double power = ek_exp_nonpositive(distance);
            powers[c * count + i] = power;
            sums[i] += power;
            entropies[i] -= distance * power;
        }
    for (size_t i = 0; i < count; i++) entropies[i] = ek_log_positive(sums[i]) + entropies[i] / sums[i];
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++) powers[c * count + i] /= sums[i];
}
