import COpenBLAS
import CVectorKernels

/// z itself, rounded to float and multiplied by BLAS, within the rounding error of any order of summation.
extension Float: ScreenElement {
    typealias Product = Float

    static var largestCount: Int { 1 }

    static func step(largest: Double, norm: Double, depth: Int, largestCount: Int) -> Float { 1 }

    static func count(
        _ block: Logits.Block, by scales: CountScales, into counts: UnsafeMutablePointer<Float>, stride: Int
    ) {
        vk_standardise(
            block.x, block.stride, block.runs.count, scales.classes, block.stride, scales.mean, scales.scale,
            scales.stride, counts, stride)
    }

    /// A float sum of n products is within n u / (1 - n u) of |a| |b|, u = 2^-24, however it is ordered (Higham, Accuracy
    /// and Stability of Numerical Algorithms, section 3.1). Half of that, with the same half of the other example's,
    /// makes up the bound; where n u nears 1 there is none, and a number beyond all similarities says so.
    static func residual(missed: Double, norm: Double, depth: Int) -> Float {
        let roundings = Double(depth + additionsBeyondDepth) * 0x1p-24
        return roundings < 0.5 ? Float(norm * roundings / (1 - roundings) / 2 * (1 + 0x1p-10)) : 1e18
    }

    /// Partial products are added over blocks of runs and over ranks.
    private static let additionsBeyondDepth = 1 << 14

    static func multiply(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, columns: Int, depth: Int, threads: Int,
        adding: Bool, into products: UnsafeMutablePointer<Float>
    ) {
        openblas_set_num_threads(CInt(threads))
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(depth), 1, a,
            blasint(rows), b, blasint(columns), adding ? 1 : 0, products, blasint(columns))
    }

    static func screen(
        _ products: UnsafePointer<Float>, _ row: VKScreenRow, _ columns: VKScreenColumns, count: Int,
        firstIndex: Int32, threshold: UnsafeMutablePointer<VKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<VKCandidate>
    ) -> Int {
        vk_screen_float(products, count, row, columns, firstIndex, threshold, bins, candidates)
    }
}
