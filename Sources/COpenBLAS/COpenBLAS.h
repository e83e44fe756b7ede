/* OpenBLAS: the CBLAS interface, its thread control, its choice of kernels, and the one LAPACK routine that the
   program needs. */
#pragma once
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

/* The Cholesky factor of a symmetric positive definite matrix, in place, column-major. */
void dpotrf_(const char *uplo, const int *order, double *matrix, const int *leading_dimension, int *info);

/* The better value of OPENBLAS_CORETYPE for this processor; NULL to keep OpenBLAS's own choice or the user's. An
   OpenBLAS older than the processor takes it for the oldest of all. */
static inline const char *COpenBLASBetterCoreType(void) {
#if defined(__x86_64__)
    if (getenv("OPENBLAS_CORETYPE") != NULL || strcmp(openblas_get_corename(), "Prescott") != 0) return NULL;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl"))
        return "SkylakeX";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "Haswell";
#endif
    return NULL;
}
