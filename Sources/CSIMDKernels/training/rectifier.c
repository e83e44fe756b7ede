#include "../shared/multiversion.h"
#include "TrainingKernels.h"

MULTIVERSIONED void ek_add_biases(float *restrict values, const float *restrict biases, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) values[r * columns + c] += biases[c];
}

MULTIVERSIONED void ek_add_biases_and_rectify(float *restrict values, const float *restrict biases, size_t rows,
                                              size_t columns) {
    for (size_t r = 0; r < rows; r++) {
        float *row = values + r * columns;
        for (size_t c = 0; c < columns; c++) {
            float sum = row[c] + biases[c];
            row[c] = sum < 0 ? 0 : sum; /* NaN passes: a diverged network must not look like a dead one */
        }
    }
}

MULTIVERSIONED void ek_rectify(float *values, size_t count) {
    for (size_t i = 0; i < count; i++) values[i] = values[i] < 0 ? 0 : values[i];
}

MULTIVERSIONED void ek_rectifier_gradient(const float *restrict outputs, float *restrict gradient, size_t count,
                                          float scale) {
    for (size_t i = 0; i < count; i++) gradient[i] = outputs[i] == 0 ? 0 : scale * gradient[i];
}

MULTIVERSIONED void ek_sum_rows(const float *restrict values, size_t rows, size_t columns, float *restrict sums) {
    for (size_t c = 0; c < columns; c++) sums[c] = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) sums[c] += values[r * columns + c];
}
