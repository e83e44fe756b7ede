/* The loops that compare images. Matrices are row-major. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/// The number of zeros that must follow each row of the matrices below.
enum { EK_IMAGE_PADDING = 16 };

/// The sum of the products of two matrices (rows, columns), whose rows begin `a_stride` and `b_stride` numbers apart.
/// In at least one of them, each row is followed by EK_IMAGE_PADDING zeros; in the other, by as many numbers.
float ek_sum_of_products(const float *a, size_t a_stride, const float *b, size_t b_stride, size_t rows, size_t columns);

/// The sum of the products of `count` numbers and bytes.
float ek_product_with_bytes(const float *a, const uint8_t *b, size_t count);

/// The square of the Euclidean distance of two vectors of `count` numbers.
float ek_squared_distance(const float *a, const float *b, size_t count);
