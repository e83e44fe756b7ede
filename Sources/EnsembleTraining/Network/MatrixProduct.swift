import COpenBLAS

/// The factor of a product that is stored transposed.
enum TransposedFactor {
    case neither
    case left
    case right
}

/// C = A B, all row-major: A (rows, inner), B (inner, columns), C (rows, columns). A transposed factor is stored the
/// other way round: A as (inner, rows), B as (columns, inner). C += A B if `adding`.
///
/// Complexity: 2 * rows * columns * inner floating-point operations, on the calling thread if OpenBLAS was told so.
///
/// - Precondition: Each matrix fits in its memory; no dimension exceeds Int32.max.
func multiply(
    _ a: Span<Float>, _ b: Span<Float>, transposed: TransposedFactor = .neither, adding: Bool = false,
    into c: consuming MutableSpan<Float>, rows: Int, columns: Int, inner: Int
) {
    precondition(a.count >= rows * inner && b.count >= inner * columns && c.count >= rows * columns)
    let strideA = transposed == .left ? rows : inner
    let strideB = transposed == .right ? inner : columns
    a.withUnsafeBufferPointer { a in
        b.withUnsafeBufferPointer { b in
            c.withUnsafeMutableBufferPointer { c in
                cblas_sgemm(
                    CblasRowMajor,
                    transposed == .left ? CblasTrans : CblasNoTrans, transposed == .right ? CblasTrans : CblasNoTrans,
                    Int32(rows), Int32(columns), Int32(inner),
                    1, a.baseAddress, Int32(strideA), b.baseAddress, Int32(strideB),
                    adding ? 1 : 0, c.baseAddress, Int32(columns))
            }
        }
    }
}
