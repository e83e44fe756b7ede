import COpenBLAS
import CSIMDKernels
import Ensembles

/// z itself, rounded to float and multiplied by BLAS, within the rounding error of any order of summation.
enum Float32Arithmetic: HostArithmetic {
    typealias Code = Float
    typealias Product = Float

    static var largestCode: Int { 1 }

    static func scale(largest: Double, norm: Double, depth: Int, largestCode: Int) -> Float { 1 }

    static func encode(
        _ block: EKBlock, _ standardization: EKStandardization, _ quantization: EKQuantization,
        into codes: UnsafeMutablePointer<Float>, stride: Int, squaredError: UnsafeMutablePointer<Double>
    ) {
        ek_standardize(block, standardization, codes, stride)
    }

    /// A float sum of n products is within n u / (1 - n u) of |a| |b|, u = 2^-24, in any order (Higham, Accuracy and
    /// Stability of Numerical Algorithms, section 3.1). Half of that and the same half of the other example make up the
    /// bound; as n u nears 1 there is no bound, which is represented by a number beyond all similarities.
    static func residual(squaredError: Double, norm: Double, depth: Int) -> Float {
        let roundings = Double(depth + additionsBeyondDepth) * 0x1p-24
        return roundings < 0.5 ? Float(norm * roundings / (1 - roundings) / 2 * (1 + 0x1p-10)) : 1e18
    }

    /// Partial products are added over blocks of runs and over ranks.
    private static let additionsBeyondDepth = 1 << 14

    static func multiply(
        _ a: PanelColumns<Float>, _ b: PanelColumns<Float>, depth: Int, threads: Int, adding: Bool,
        into products: UnsafeMutablePointer<Float>
    ) {
        openblas_set_num_threads(CInt(threads))
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, blasint(a.count), blasint(b.count), blasint(depth), 1, a.start,
            blasint(a.stride), b.start, blasint(b.stride), adding ? 1 : 0, products, blasint(b.count))
    }

    static func select(
        _ products: UnsafePointer<Float>, _ row: EKScreenRow, _ columns: EKScreenColumns, count: Int,
        firstIndex: Int32, threshold: UnsafeMutablePointer<EKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<EKCandidate>
    ) -> Int {
        ek_screen_float(products, count, row, columns, firstIndex, threshold, bins, candidates)
    }
}
