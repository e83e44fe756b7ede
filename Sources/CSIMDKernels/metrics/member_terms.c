#include "../shared/exponential.h"
#include "MetricsKernels.h"

MULTIVERSIONED void ek_member_terms(const double *x, size_t classes, size_t count, double *terms) {
    double *logs = terms, *powers = logs + classes * count, *votes = powers + classes * count,
           *squares = votes + classes * count;
    for (size_t i = 0; i < classes * count; i++) {
        logs[i] = x[i];
        powers[i] = ek_exp_nonpositive(x[i]);
    }
    /* Until the most likely class is known, the row of squares holds the largest log p. */
    memcpy(squares, logs, count * sizeof *logs);
    for (size_t c = 1; c < classes; c++)
        for (size_t i = 0; i < count; i++)
            squares[i] = logs[c * count + i] > squares[i] ? logs[c * count + i] : squares[i];
    memset(votes, 0, classes * count * sizeof *votes);
    for (size_t i = 0; i < count; i++) {
        size_t c = 0;
        while (logs[c * count + i] < squares[i]) c++;
        votes[c * count + i] = 1;
    }
    memset(squares, 0, count * sizeof *squares);
    for (size_t c = 0; c < classes; c++)
        for (size_t i = 0; i < count; i++) squares[i] += powers[c * count + i] * powers[c * count + i];
}

MULTIVERSIONED void ek_add_rows(double *sums, size_t stride, const double *terms, size_t rows, size_t count) {
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < count; i++) sums[row * stride + i] += terms[row * count + i];
}
