/* Transposition of LANES by LANES 32-bit numbers in registers. */
#pragma once

#include "lanes.h"

/* One step of a transposition: swaps the off-diagonal blocks of `half` numbers in rows with that distance. */
#define EK_SWAP_BLOCKS(rows, half)                                                                                     \
    EK_UNROLLED for (int i = 0; i < LANES; i++) {                                                                      \
        if (i & (half)) continue;                                                                                      \
        LaneFloats upper = (rows)[i], lower = (rows)[i + (half)];                                                      \
        (rows)[i] = __builtin_shufflevector(upper, lower, EK_UPPER_##half);                                            \
        (rows)[i + (half)] = __builtin_shufflevector(upper, lower, EK_LOWER_##half);                                   \
    }
#define EK_UPPER_1 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define EK_LOWER_1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define EK_UPPER_2 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define EK_LOWER_2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define EK_UPPER_4 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define EK_LOWER_4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define EK_UPPER_8 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define EK_LOWER_8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31

/* Transposes LANES rows of LANES numbers. */
INLINED void ek_transpose(LaneFloats rows[LANES]) {
    EK_SWAP_BLOCKS(rows, 8)
    EK_SWAP_BLOCKS(rows, 4)
    EK_SWAP_BLOCKS(rows, 2)
    EK_SWAP_BLOCKS(rows, 1)
}
