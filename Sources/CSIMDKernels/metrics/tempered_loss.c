#include "../shared/exponential.h"
#include "MetricsKernels.h"

/* The exponentials of many rows are one long loop, regardless of the number of classes. */
MULTIVERSIONED static void exponentials(const double *restrict logs, size_t count, double beta,
                                        const double *restrict largest, size_t classes, double *restrict powers) {
    for (size_t i = 0, r = 0; i < count; i += classes, r++)
        for (size_t c = 0; c < classes; c++) powers[i + c] = beta * (logs[i + c] - largest[r]);
    for (size_t i = 0; i < count; i++) powers[i] = ek_exp_nonpositive(powers[i]);
}

void ek_tempered_loss(const double *logs, const int32_t *labels, size_t rows, size_t classes, double beta,
                      double *powers, double sums[3]) {
    double largest[EK_TEMPERED_ROWS];
    size_t together = ek_tempered_rows(rows, classes);
    sums[0] = sums[1] = sums[2] = 0;
    for (size_t first = 0; first < rows; first += together) {
        size_t count = rows - first < together ? rows - first : together;
        const double *block = logs + first * classes;
        for (size_t r = 0; r < count; r++) {
            double most = block[r * classes];
            for (size_t c = 1; c < classes; c++) most = block[r * classes + c] > most ? block[r * classes + c] : most;
            largest[r] = most;
        }
        exponentials(block, count * classes, beta, largest, classes, powers);
        for (size_t r = 0; r < count; r++) {
            const double *row = block + r * classes, *power = powers + r * classes;
            double sum = 0, mean = 0, square = 0;
            for (size_t c = 0; c < classes; c++) {
                double x = row[c] - largest[r];
                sum += power[c];
                mean += power[c] * x;
                square += power[c] * x * x;
            }
            mean /= sum;
            double label = row[labels[first + r]] - largest[r];
            sums[0] += log(sum) - beta * label;
            sums[1] += mean - label;
            sums[2] += square / sum - mean * mean;
        }
    }
}
