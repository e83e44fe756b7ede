import COpenBLAS
import CVectorKernels

/// z of some examples as whole numbers of a ``FixedPoint``, in double: their products and sums are exact, in whatever
/// order BLAS takes them.
///
/// `numbers` has shape (runs * classes, examples), row-major; the buffer is used again for the next runs and examples.
struct WholeNumberPanel {
    private let numbers: AlignedBuffer<Double>
    private(set) var examples = 0..<0
    /// Rows that are filled.
    private(set) var depth = 0

    /// Room for `depth` rows of so many examples.
    init(depth: Int, examples: Int) {
        numbers = AlignedBuffer(count: depth * examples)
    }

    /// Fills the panel with some runs of some examples, of the given classes.
    mutating func fill(
        from logits: Logits, runs: Range<Int>, examples: Range<Int>, classes: Range<Int>, moments: Moments,
        transform: Transform, unit: FixedPoint, threads: Int
    ) throws {
        self.examples = examples
        depth = runs.count * classes.count
        precondition(depth * examples.count <= numbers.elements.count)
        nonisolated(unsafe) let start = numbers.start
        let ofExample = moments.examples.count
        try moments.withStarts(at: examples.lowerBound) { mean, scale in
            nonisolated(unsafe) let mean = mean + classes.lowerBound * ofExample
            nonisolated(unsafe) let scale = scale + classes.lowerBound * ofExample
            try logits.forEachTransformedBlock(of: runs, examples: examples, by: transform, threads: threads) { block in
                let at = block.block.lowerBound
                for run in block.runs {
                    let x = (run - block.runs.lowerBound) * logits.classes + classes.lowerBound
                    let row = (run - runs.lowerBound) * classes.count
                    vk_whole_numbers(
                        block.x + x * block.stride, block.stride, classes.count, block.stride, mean + at, scale + at,
                        ofExample, Int32(unit.fractionBits), start + row * examples.count + at, examples.count)
                }
            }
        }
    }

    /// Adds the products of all pairs of these examples (rows) and those of `other` (columns) to `sums`, or writes them
    /// there: shape (rows, columns), row-major.
    func multiply(_ other: WholeNumberPanel, adding: Bool, into sums: AlignedBuffer<Double>, threads: Int) {
        precondition(depth == other.depth && examples.count * other.examples.count <= sums.elements.count)
        let (rows, columns) = (blasint(examples.count), blasint(other.examples.count))
        openblas_set_num_threads(CInt(threads))
        cblas_dgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans, rows, columns, blasint(depth), 1, numbers.start, rows,
            other.numbers.start, columns, adding ? 1 : 0, sums.start, columns)
    }
}
