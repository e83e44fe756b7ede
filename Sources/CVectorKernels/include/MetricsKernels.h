/* The loops of measuring predictions. Matrices are row-major. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Rows that vk_tempered_loss looks at together.
enum { VK_TEMPERED_ROWS = 64 };

/// Sums over the rows of log-probabilities (rows, classes) of the negative log-likelihood of the labels under
/// softmax(beta log p), and of its first and second derivative by beta. `powers` is scratch of VK_TEMPERED_ROWS * classes.
void vk_tempered_loss(const double *logs, const int32_t *labels, size_t rows, size_t classes, double beta,
                      double *powers, double sums[3]);
