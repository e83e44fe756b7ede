import CVectorKernels
import MessagePassing

/// A number of a screen: z of an example is held as counts of a step of its own, and the counts are multiplied.
protocol ScreenElement: Transferable, Numeric {
    /// What products of counts are summed in.
    associatedtype Product: Transferable & Numeric

    /// The largest count that products on this processor stand.
    static var largestCount: Int { get }

    /// The step for an example whose z has `depth` numbers, the given norm, and about the given largest magnitude.
    static func step(largest: Double, norm: Double, depth: Int, largestCount: Int) -> Float

    /// Writes the counts of a block, shape (runs, C, stride), and adds up the squares of what they miss of z.
    static func count(
        _ block: Logits.Block, by scales: CountScales, into counts: UnsafeMutablePointer<Self>, stride: Int)

    /// An upper bound of |z - step * counts| from the sum of its squares in floating point.
    static func residual(missed: Double, norm: Double, depth: Int) -> Float

    /// products (rows, columns) = a^T b, or += where `adding`; a is (depth, rows), b (depth, columns), all row-major.
    static func multiply(
        _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, rows: Int, columns: Int, depth: Int, threads: Int,
        adding: Bool, into products: UnsafeMutablePointer<Product>)

    /// Writes the columns whose similarity to a row may reach the threshold, which rises meanwhile, to `candidates`,
    /// ascending, the first of them as number `firstIndex`; returns their number.
    static func screen(
        _ products: UnsafePointer<Product>, _ row: VKScreenRow, _ columns: VKScreenColumns, count: Int,
        firstIndex: Int32, threshold: UnsafeMutablePointer<VKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<VKCandidate>
    ) -> Int
}

/// What turns x of a block of examples into counts; pointers begin with the block's first example.
struct CountScales {
    /// Of the moments, shape (C, stride).
    let mean, scale: UnsafePointer<Double>
    /// From one class of the moments to the next.
    let stride: Int
    /// Number of classes.
    let classes: Int
    /// An example's step, and 1 / step or 0.
    let steps, inverseSteps: UnsafePointer<Float>
    /// The largest count allowed.
    let largestCount: Int
    /// The sum of squares of what the counts miss.
    let missed: UnsafeMutablePointer<Double>
}
