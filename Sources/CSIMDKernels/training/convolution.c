#include "../shared/multiversion.h"
#include "TrainingKernels.h"
#include <string.h>

/* The rows of the patches' pixels that are in the image, of 3: for the patch around a row or column at an edge, two. */
static size_t first_of_patch(size_t place) { return place == 0 ? 1 : 0; }
static size_t end_of_patch(size_t place, size_t size) { return place + 1 == size ? 2 : 3; }

MULTIVERSIONED void ek_gather_patches(const float *restrict images, EKImageShape shape, size_t count,
                                      float *restrict patches) {
    size_t channels = shape.channels, row_length = shape.width * channels;
    for (size_t image = 0; image < count; image++, images += shape.height * row_length) {
        for (size_t y = 0; y < shape.height; y++) {
            for (size_t x = 0; x < shape.width; x++, patches += 9 * channels) {
                size_t first = first_of_patch(x), end = end_of_patch(x, shape.width);
                for (size_t j = 0; j < 3; j++) {
                    float *target = patches + 3 * j * channels;
                    if (j < first_of_patch(y) || j >= end_of_patch(y, shape.height)) {
                        memset(target, 0, 3 * channels * sizeof *target);
                        continue;
                    }
                    if (first > 0) memset(target, 0, channels * sizeof *target);
                    if (end < 3) memset(target + 2 * channels, 0, channels * sizeof *target);
                    const float *source = images + (y + j - 1) * row_length + (x + first - 1) * channels;
                    for (size_t c = 0; c < (end - first) * channels; c++) target[first * channels + c] = source[c];
                }
            }
        }
    }
}

MULTIVERSIONED void ek_add_patches(const float *restrict patches, EKImageShape shape, size_t count,
                                   float *restrict images) {
    size_t channels = shape.channels, row_length = shape.width * channels;
    memset(images, 0, count * shape.height * row_length * sizeof *images);
    for (size_t image = 0; image < count; image++, images += shape.height * row_length) {
        for (size_t y = 0; y < shape.height; y++) {
            for (size_t x = 0; x < shape.width; x++, patches += 9 * channels) {
                size_t first = first_of_patch(x), end = end_of_patch(x, shape.width);
                for (size_t j = first_of_patch(y); j < end_of_patch(y, shape.height); j++) {
                    const float *source = patches + (3 * j + first) * channels;
                    float *target = images + (y + j - 1) * row_length + (x + first - 1) * channels;
                    for (size_t c = 0; c < (end - first) * channels; c++) target[c] += source[c];
                }
            }
        }
    }
}

MULTIVERSIONED void ek_pool(const float *restrict responses, const float *restrict biases, EKImageShape shape,
                            size_t count, float *restrict pooled, uint8_t *restrict winners) {
    size_t filters = shape.channels, row_length = shape.width * filters;
    for (size_t image = 0; image < count; image++, responses += shape.height * row_length) {
        for (size_t y = 0; y + 1 < shape.height; y += 2) {
            for (size_t x = 0; x + 1 < shape.width; x += 2, pooled += filters, winners += filters) {
                const float *upper = responses + y * row_length + x * filters, *lower = upper + row_length;
                for (size_t f = 0; f < filters; f++) {
                    float largest = upper[f];
                    uint8_t winner = 0;
                    if (upper[filters + f] > largest) {
                        largest = upper[filters + f];
                        winner = 1;
                    }
                    if (lower[f] > largest) {
                        largest = lower[f];
                        winner = 2;
                    }
                    if (lower[filters + f] > largest) {
                        largest = lower[filters + f];
                        winner = 3;
                    }
                    float sum = largest + biases[f];
                    pooled[f] = sum < 0 ? 0 : sum; /* NaN passes, as through the rectifier */
                    winners[f] = winner;
                }
            }
        }
    }
}

MULTIVERSIONED void ek_pool_gradient(const float *restrict gradient, const uint8_t *restrict winners,
                                     EKImageShape shape, size_t count, float *restrict responses) {
    size_t filters = shape.channels, row_length = shape.width * filters;
    if (shape.height % 2 || shape.width % 2)
        memset(responses, 0, count * shape.height * row_length * sizeof *responses);
    for (size_t image = 0; image < count; image++, responses += shape.height * row_length) {
        for (size_t y = 0; y + 1 < shape.height; y += 2) {
            for (size_t x = 0; x + 1 < shape.width; x += 2, gradient += filters, winners += filters) {
                float *upper = responses + y * row_length + x * filters, *lower = upper + row_length;
                for (size_t f = 0; f < filters; f++) {
                    upper[f] = winners[f] == 0 ? gradient[f] : 0;
                    upper[filters + f] = winners[f] == 1 ? gradient[f] : 0;
                    lower[f] = winners[f] == 2 ? gradient[f] : 0;
                    lower[filters + f] = winners[f] == 3 ? gradient[f] : 0;
                }
            }
        }
    }
}
