#include "../shared/exponential.h"
#include "MetricsKernels.h"

/* What the softmax of each row of a block sums to, and the means of log p and of its square under it: log p is less
   the largest of the row. */
typedef struct {
    ALIGNED double sum[EK_TEMPERED_ROWS], mean[EK_TEMPERED_ROWS], square[EK_TEMPERED_ROWS];
} BlockMoments;

/* x is (classes, rows): every step processes all rows, and none waits for its own result. */
MULTIVERSIONED static void add_classes(const double *x, size_t classes, size_t rows, double beta,
                                       BlockMoments *moments) {
    memset(moments, 0, sizeof *moments);
    for (size_t c = 0; c < classes; c++) {
        EK_INTERLEAVED for (size_t r = 0; r < rows; r++) {
            double log_p = x[c * rows + r], power = ek_exp_nonpositive(beta * log_p);
            moments->sum[r] += power;
            moments->mean[r] += power * log_p;
            moments->square[r] += power * log_p * log_p;
        }
    }
    for (size_t r = 0; r < rows; r++) {
        moments->mean[r] /= moments->sum[r];
        moments->square[r] /= moments->sum[r];
        moments->sum[r] = ek_log_positive(moments->sum[r]);
    }
}

void ek_tempered_loss(const double *logs, const int32_t *labels, size_t rows, size_t classes, double beta, double *x,
                      double sums[3]) {
    double of_label[EK_TEMPERED_ROWS];
    BlockMoments moments;
    size_t together = ek_tempered_rows(rows, classes);
    sums[0] = sums[1] = sums[2] = 0;
    for (size_t first = 0; first < rows; first += together) {
        size_t count = rows - first < together ? rows - first : together;
        for (size_t r = 0; r < count; r++) {
            const double *row = logs + (first + r) * classes;
            double most = row[0];
            for (size_t c = 1; c < classes; c++) most = row[c] > most ? row[c] : most;
            for (size_t c = 0; c < classes; c++) x[c * count + r] = row[c] - most;
            of_label[r] = row[labels[first + r]] - most;
        }
        add_classes(x, classes, count, beta, &moments);
        for (size_t r = 0; r < count; r++) {
            double mean = moments.mean[r];
            sums[0] += moments.sum[r] - beta * of_label[r];
            sums[1] += mean - of_label[r];
            sums[2] += moments.square[r] - mean * mean;
        }
    }
}
