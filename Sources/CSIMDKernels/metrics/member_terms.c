#include "../shared/exponential.h"
#include "../shared/votes.h"
#include "MetricsKernels.h"

MULTIVERSIONED void ek_member_terms(const double *x, size_t classes, size_t count, double *terms) {
    double *logs = terms, *powers = logs + classes * count, *votes = powers + classes * count,
           *squares = votes + classes * count;
    for (size_t i = 0; i < classes * count; i++) {
        logs[i] = x[i];
        powers[i] = ek_exp_nonpositive(x[i]);
    }
    /* Until the most likely class is known, the row of squares holds the largest log p. */
    ek_largest(logs, classes, count, squares);
    ek_votes(logs, classes, count, squares, votes);
    memset(squares, 0, count * sizeof *squares);
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++) squares[i] += powers[c * count + i] * powers[c * count + i];
}

MULTIVERSIONED void ek_add_rows(double *sums, size_t stride, const double *terms, double weight, size_t rows,
                                size_t count) {
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < count; i++) sums[row * stride + i] += weight * terms[row * count + i];
}
