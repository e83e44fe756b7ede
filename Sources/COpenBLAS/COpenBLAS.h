/* OpenBLAS: the CBLAS interface, its thread control, and the one routine of LAPACK that is needed. */
#pragma once
#include <cblas.h>

/* The Cholesky factor of a symmetric positive definite matrix, in place, column-major. */
void dpotrf_(const char *uplo, const int *order, double *matrix, const int *leading_dimension, int *info);
