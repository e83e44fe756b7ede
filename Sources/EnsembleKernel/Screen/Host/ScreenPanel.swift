import CSIMDKernels
import Ensembles
import MessagePassing
import ParallelRanges

/// The codes of some examples, in the layout for the screen's product: one row per (run, class), one column per
/// example.
///
/// `codes` has shape (runs * C, columns), row-major; the buffer is reused for the next block of runs and for the next
/// examples.
struct ScreenPanel<Arithmetic: HostArithmetic>: ~Copyable {
    let codes: AlignedBuffer<Arithmetic.Code>
    /// The examples of the columns.
    private(set) var examples = 0..<0
    /// Number of filled rows.
    private(set) var depth = 0
    var columns: Int { examples.count }

    private let largestCode: Int
    private var scales: [Float] = []
    private var inverseScales: [Float] = []
    private var norms: [Double] = []
    private var squaredError: [Double] = []
    private var depthOfAllRuns = 0

    /// Memory for `depth` rows of `columns` examples.
    init(depth: Int, columns: Int, largestCode: Int) {
        codes = AlignedBuffer(count: depth * columns)
        self.largestCode = largestCode
    }

    /// The codes of the examples at some places of the panel.
    func examples(at places: Range<Int>) -> PanelColumns<Arithmetic.Code> {
        precondition(places.lowerBound >= 0 && places.upperBound <= columns)
        return PanelColumns(start: codes.start + places.lowerBound, count: places.count, stride: columns)
    }

    /// Sets the examples of the columns, before the first block of their runs.
    mutating func begin(_ examples: Range<Int>, _ moments: Moments) {
        self.examples = examples
        depthOfAllRuns = moments.kernel.terms
        let first = examples.lowerBound - moments.examples.lowerBound
        norms = (first..<first + examples.count).map {
            moments.kernel.norm(varyingClasses: moments.varyingClasses($0))
        }
        scales = zip(norms, moments.largestRotated[first...]).map { norm, largest in
            Arithmetic.scale(largest: largest, norm: norm, depth: depthOfAllRuns, largestCode: largestCode)
        }
        inverseScales = scales.map { $0 > 0 ? 1 / $0 : 0 }
        squaredError = [Double](repeating: 0, count: examples.count)
    }

    /// Fills the panel with a block of runs of the examples.
    ///
    /// Ranks that need the same panel divide the runs, in whole groups of runs that are rotated together, and exchange
    /// the codes. Collective over `ranks`:
    ///
    ///     rank 0: [ runs 0 1, all columns ]  |                  rank 0: [ runs 0 1 2 3, all columns ]
    ///     rank 1: [ runs 2 3, all columns ]  |  -> Allgather -> rank 1: [ runs 0 1 2 3, all columns ]
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `MPIError`.
    mutating func fill(
        from logits: Logits, runs: Range<Int>, moments: Moments, transform: Transform, threads: Int,
        sharedBy ranks: Communicator? = nil
    ) throws {
        depth = runs.count * logits.classes
        precondition(depth * columns <= codes.elements.count)
        let group = logits.runsOfBlock
        let groups = Partition((runs.count + group - 1) / group, ranks?.size ?? 1)
        let shares = (0..<groups.parts).map {
            let own = groups.range(of: $0)
            return min(own.lowerBound * group, runs.count)..<min(own.upperBound * group, runs.count)
        }
        let own = shares[ranks?.rank ?? 0]
        try encode(
            logits, runs: own.shifted(by: runs.lowerBound), firstRun: runs.lowerBound, moments, transform, threads)
        guard let ranks, ranks.size > 1 else { return }
        let row = columns * logits.classes
        let whole = UnsafeMutableBufferPointer(rebasing: codes.elements[..<(runs.count * row)])
        try ranks.allgather(inPlace: whole.mutableSpan, counts: shares.map { $0.count * row })
    }

    /// The bounds of the examples, once all their runs have been in the panels.
    ///
    /// Collective over each of `ranks` in turn, which encoded different runs of the same examples: their squared errors
    /// are added.
    ///
    /// - Throws: `MPIError`.
    func bounds(over ranks: [Communicator]) throws -> ScreenBounds {
        var squaredError = squaredError
        for communicator in ranks where communicator.size > 1 {
            try communicator.allreduce(squaredError.mutableSpan, .sum)
        }
        return ScreenBounds(
            scale: scales, norm: norms.map { Float($0 * (1 + 0x1p-12)) },
            residual: squaredError.indices.map {
                Arithmetic.residual(squaredError: squaredError[$0], norm: norms[$0], depth: depthOfAllRuns)
            })
    }

    private mutating func encode(
        _ logits: Logits, runs: Range<Int>, firstRun: Int, _ moments: Moments, _ transform: Transform, _ threads: Int
    ) throws {
        let (columns, classes, largestCode) = (columns, logits.classes, largestCode)
        guard columns > 0, !runs.isEmpty else { return }
        let examples = examples
        nonisolated(unsafe) let codes = codes.start
        try moments.withStandardization(from: examples.lowerBound) { standardization in
            nonisolated(unsafe) let standardization = standardization
            try squaredError.withUnsafeMutableBufferPointer { squaredError in
                try scales.withUnsafeBufferPointer { scales in
                    try inverseScales.withUnsafeBufferPointer { inverseScales in
                        nonisolated(unsafe) let squaredError = squaredError.baseAddress!
                        nonisolated(unsafe) let (scales, inverse) = (scales.baseAddress!, inverseScales.baseAddress!)
                        try logits.forEachTransformedBlock(
                            of: runs, examples: examples, by: transform, threads: threads
                        ) { block in
                            let at = block.block.lowerBound
                            let row = (block.runs.lowerBound - firstRun) * classes
                            Arithmetic.encode(
                                block.numbers, standardization.shifted(by: at),
                                EKQuantization(
                                    scale: scales + at, inverse_scale: inverse + at, largest_code: Float(largestCode)),
                                into: codes + row * columns + at, stride: columns, squaredError: squaredError + at)
                        }
                    }
                }
            }
        }
    }
}
