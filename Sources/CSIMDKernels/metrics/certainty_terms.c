#include "../shared/exponential.h"
#include "../shared/votes.h"
#include "MetricsKernels.h"

MULTIVERSIONED void ek_certainty_terms(const double *x, size_t classes, size_t count, double *terms, double *scratch) {
    double *powers = terms + classes * count, *votes = powers + classes * count, *entropies = votes + classes * count;
    double *largest = scratch, *others = scratch + count;
    memcpy(terms, x, classes * count * sizeof *x);
    ek_largest(x, classes, count, largest);
    ek_votes(x, classes, count, largest, votes);
    memset(others, 0, count * sizeof *others);
    memset(entropies, 0, count * sizeof *entropies);
    /* With d = x - max x: the entropy is log(sum of e^d) - (sum of d e^d) / (sum of e^d). */
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++) {
            double distance = x[c * count + i] - largest[i];
            double power = ek_exp_nonpositive(distance);
            others[i] += votes[c * count + i] == 1.0 ? 0.0 : power;
            entropies[i] -= distance * power;
        }
    for (size_t i = 0; i < count; i++) {
        entropies[i] /= 1.0 + others[i];
        others[i] = ek_log1p_nonnegative(others[i]);
        entropies[i] += others[i];
    }
    /* The exponential of the log-softmax, the same bits as in other metrics: where classes tie, so they do there. */
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++)
            powers[c * count + i] = ek_exp_nonpositive(x[c * count + i] - largest[i] - others[i]);
}
