#include "../shared/exponential.h"
#include "TrainingKernels.h"

/* Three passes, so that the exponentials, the most expensive part, are one long loop for any number of classes. */
MULTIVERSIONED void ek_cross_entropy_gradient(const float *restrict logits, const int32_t *restrict labels, size_t rows,
                                              size_t classes, float *restrict gradient) {
    for (size_t r = 0; r < rows; r++) {
        const float *row = logits + r * classes;
        float largest = row[0];
        for (size_t c = 1; c < classes; c++) largest = row[c] > largest ? row[c] : largest;
        for (size_t c = 0; c < classes; c++) gradient[r * classes + c] = row[c] - largest;
    }
    for (size_t i = 0; i < rows * classes; i++) gradient[i] = (float)ek_exp_nonpositive(gradient[i]);
    for (size_t r = 0; r < rows; r++) {
        float *row = gradient + r * classes;
        float sum = 0;
        for (size_t c = 0; c < classes; c++) sum += row[c];
        float scale = 1 / (sum * (float)rows);
        for (size_t c = 0; c < classes; c++) row[c] *= scale;
        row[labels[r]] -= 1 / (float)rows;
    }
}
