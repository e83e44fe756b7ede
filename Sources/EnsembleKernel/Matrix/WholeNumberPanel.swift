import COpenBLAS
import CSIMDKernels
import Ensembles
import ParallelRanges

/// z of some examples as integers in a ``FixedPoint`` unit, stored as doubles: their products and sums are exact, in
/// any order of summation by BLAS.
///
/// `numbers` has shape (runs * classes, examples), row-major; the buffer is reused for the next runs and examples.
struct WholeNumberPanel: ~Copyable {
    private let numbers: AlignedBuffer<Double>
    private(set) var examples = 0..<0
    /// Number of filled rows.
    private(set) var depth = 0

    /// Memory for `depth` rows of `examples` examples.
    init(depth: Int, examples: Int) {
        numbers = AlignedBuffer(count: depth * examples)
    }

    /// Fills the panel with some runs of some examples.
    ///
    /// - Throws: `UserError` (65) if a logit is not finite.
    mutating func fill(
        from logits: Logits, runs: Range<Int>, examples: Range<Int>, moments: Moments, transform: Transform,
        unit: FixedPoint, threads: Int
    ) throws {
        self.examples = examples
        depth = runs.count * logits.classes
        precondition(depth * examples.count <= numbers.elements.count)
        nonisolated(unsafe) let start = numbers.start
        try moments.withStandardization(from: examples.lowerBound) { standardization in
            nonisolated(unsafe) let standardization = standardization
            try logits.forEachTransformedBlock(of: runs, examples: examples, by: transform, threads: threads) { block in
                let at = block.block.lowerBound
                let row = (block.runs.lowerBound - runs.lowerBound) * logits.classes
                ek_whole_numbers(
                    block.numbers, standardization.shifted(by: at), Int32(unit.fractionBits),
                    start + row * examples.count + at, examples.count)
            }
        }
    }

    /// Adds the products of all pairs of these examples (rows) and those of `other` (columns) to `sums`, or overwrites
    /// `sums` with them: shape (rows, columns), row-major.
    func multiply(
        _ other: borrowing WholeNumberPanel, adding: Bool, into sums: borrowing AlignedBuffer<Double>, threads: Int
    ) {
        precondition(depth == other.depth && examples.count * other.examples.count <= sums.elements.count)
        let (rows, columns) = (blasint(examples.count), blasint(other.examples.count))
        openblas_set_num_threads(CInt(threads))
        cblas_dgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, rows, columns, blasint(depth), 1, numbers.start, rows,
            other.numbers.start, columns, adding ? 1 : 0, sums.start, columns)
    }
}
