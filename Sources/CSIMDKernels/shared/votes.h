/* The most likely class of each example, from x (classes, count). */
#pragma once

#include "lanes.h"

/* The largest x of each example. */
INLINED void ek_largest(const double *x, size_t classes, size_t count, double *largest) {
    memcpy(largest, x, count * sizeof *x);
    for (size_t c = 1; c < classes; c++)
        for (size_t i = 0; i < count; i++) largest[i] = x[c * count + i] > largest[i] ? x[c * count + i] : largest[i];
}

/* 1 for the class of the largest x, the smallest class winning ties, and 0 for the others: votes (classes, count). */
INLINED void ek_votes(const double *x, size_t classes, size_t count, const double *largest, double *votes) {
    memset(votes, 0, classes * count * sizeof *votes);
    for (size_t i = 0; i < count; i++) {
        size_t c = 0;
        while (x[c * count + i] < largest[i]) c++;
        votes[c * count + i] = 1;
    }
}
