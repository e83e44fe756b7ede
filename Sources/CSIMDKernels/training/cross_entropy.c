#include "../shared/exponential.h"
#include "TrainingKernels.h"

/* The softmax of each row, divided by the number of rows. Three passes, so that the exponentials, the most expensive
   part, are one long loop for any number of classes. */
static inline __attribute__((always_inline)) void softmax_shares(const float *restrict logits, size_t rows,
                                                                 size_t classes, float *restrict shares) {
    for (size_t r = 0; r < rows; r++) {
        const float *row = logits + r * classes;
        float largest = row[0];
        for (size_t c = 1; c < classes; c++) largest = row[c] > largest ? row[c] : largest;
        for (size_t c = 0; c < classes; c++) shares[r * classes + c] = row[c] - largest;
    }
    for (size_t i = 0; i < rows * classes; i++) shares[i] = (float)ek_exp_nonpositive(shares[i]);
    for (size_t r = 0; r < rows; r++) {
        float *row = shares + r * classes;
        float sum = 0;
        for (size_t c = 0; c < classes; c++) sum += row[c];
        float scale = 1 / (sum * (float)rows);
        for (size_t c = 0; c < classes; c++) row[c] *= scale;
    }
}

MULTIVERSIONED void ek_cross_entropy_gradient(const float *restrict logits, const int32_t *restrict labels, size_t rows,
                                              size_t classes, float *restrict gradient) {
    softmax_shares(logits, rows, classes, gradient);
    for (size_t r = 0; r < rows; r++) gradient[r * classes + labels[r]] -= 1 / (float)rows;
}

MULTIVERSIONED void ek_soft_cross_entropy_gradient(const float *restrict logits, const float *restrict targets,
                                                   size_t rows, size_t classes, float *restrict gradient) {
    softmax_shares(logits, rows, classes, gradient);
    for (size_t i = 0; i < rows * classes; i++) gradient[i] -= targets[i] * (1 / (float)rows);
}
