#include "../shared/transpose.h"

MULTIVERSIONED void ek_mirror(const void *products, size_t stride, size_t rows, size_t columns, void *mirrored) {
    const float *source = products;
    float *target = mirrored;
    size_t row = 0;
    for (; row + LANES <= rows; row += LANES) {
        size_t column = 0;
        for (; column + LANES <= columns; column += LANES) {
            LaneFloats block[LANES];
            EK_UNROLLED for (size_t i = 0; i < LANES; i++)
                EK_LOAD(&block[i], source + (row + i) * stride + column, LANES);
            ek_transpose(block);
            EK_UNROLLED for (size_t i = 0; i < LANES; i++)
                memcpy(target + (column + i) * rows + row, &block[i], sizeof block[i]);
        }
        for (; column < columns; column++)
            for (size_t i = row; i < row + LANES; i++)
                memcpy(target + column * rows + i, source + i * stride + column, sizeof *target);
    }
    for (; row < rows; row++)
        for (size_t column = 0; column < columns; column++)
            memcpy(target + column * rows + row, source + row * stride + column, sizeof *target);
}
