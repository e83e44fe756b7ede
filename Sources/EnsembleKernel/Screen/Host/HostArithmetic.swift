import CSIMDKernels
import Ensembles
import MessagePassing

/// Adjacent columns of a panel of shape (depth, stride), row-major.
struct PanelColumns<Code> {
    /// The first column, in the first row.
    let start: UnsafePointer<Code>
    /// Number of columns.
    let count: Int
    /// Number of columns of the whole panel.
    let stride: Int
}

/// An arithmetic of a screen: z of an example is represented by codes, multiples of the example's own scale, and the
/// codes are multiplied.
protocol HostArithmetic: SendableMetatype {
    /// The type of the elements of a panel.
    associatedtype Code: Transferable & Numeric & BitwiseCopyable
    /// The type of a sum of products of codes.
    associatedtype Product: Transferable & Numeric & BitwiseCopyable

    /// The largest code that products on this processor allow.
    static var largestCode: Int { get }

    /// The scale of an example whose z has `depth` elements, the given norm, and about the given largest magnitude.
    static func scale(largest: Double, norm: Double, depth: Int, largestCode: Int) -> Float

    /// Writes the codes of a block, shape (runs, C, stride), and adds the squares of the quantization error to
    /// `squaredError`, one number per example.
    static func encode(
        _ block: EKBlock, _ standardization: EKStandardization, _ quantization: EKQuantization,
        into codes: UnsafeMutablePointer<Code>, stride: Int, squaredError: UnsafeMutablePointer<Double>)

    /// An upper bound of the quantization error |z - scale * codes| from the sum of its squares in floating point.
    static func residual(squaredError: Double, norm: Double, depth: Int) -> Float

    /// products (rows, columns) = a^T b, or += if `adding`; a is (depth, rows), b (depth, columns), all row-major.
    static func multiply(
        _ a: PanelColumns<Code>, _ b: PanelColumns<Code>, depth: Int, threads: Int, adding: Bool,
        into products: UnsafeMutablePointer<Product>)

    /// Writes the columns whose similarity to a row may reach the threshold, which rises in the process, to
    /// `candidates` in ascending order, numbered from `firstIndex`; returns their number.
    static func select(
        _ products: UnsafePointer<Product>, _ row: EKScreenRow, _ columns: EKScreenColumns, count: Int,
        firstIndex: Int32, threshold: UnsafeMutablePointer<EKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<EKCandidate>
    ) -> Int
}
