/* The loops that compute metrics of predictions. Matrices are row-major. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/// The largest numbers of rows, and of numbers in several rows, that ek_tempered_loss processes together: 256 KiB stay
/// in the cache.
enum { EK_TEMPERED_ROWS = 64, EK_TEMPERED_NUMBERS = 1 << 15 };

/// Number of rows that ek_tempered_loss processes together, at least one.
static inline size_t ek_tempered_rows(size_t rows, size_t classes) {
    size_t fitting = EK_TEMPERED_NUMBERS / classes;
    size_t most = rows < EK_TEMPERED_ROWS ? rows : EK_TEMPERED_ROWS;
    return fitting < 1 ? 1 : fitting < most ? fitting : most;
}

/// Sums over the rows of log-probabilities (rows, classes) of the negative log-likelihood of the labels under
/// softmax(beta log p), and of its first and second derivatives by beta. `x` is scratch memory of
/// ek_tempered_rows * classes.
void ek_tempered_loss(const double *logs, const int32_t *labels, size_t rows, size_t classes, double beta, double *x,
                      double sums[3]);

/// The contribution of a run to the sums of an ensemble for `count` examples, from x = log p (classes, count): terms (3
/// classes + 1, count), whose rows are log p of every class; p of every class; for every class 1 if it is the most
/// likely, the smallest class winning ties, else 0; and the sum over the classes of p^2.
void ek_member_terms(const double *x, size_t classes, size_t count, double *terms);

/// Adds terms (rows, count), times a weight, to the first `count` elements of rows with distance `stride`.
void ek_add_rows(double *sums, size_t stride, const double *terms, double weight, size_t rows, size_t count);

/// What a run adds to the certainty of an ensemble for `count` examples, from logits x (classes, count): terms (3
/// classes + 1, count), whose rows are x of every class; p of every class, the softmax of x; for every class 1 if it is
/// the most likely, the smallest class winning ties, else 0; and the entropy of p. `scratch` is memory for 2 count
/// numbers.
void ek_certainty_terms(const double *x, size_t classes, size_t count, double *terms, double *scratch);
