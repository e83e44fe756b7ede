import CVectorKernels
import MessagePassing

/// Some examples as a screen multiplies them: a row for every (run, class), a column an example.
///
/// `counts` has shape (runs * C, columns), row-major; the buffer is used again for the next block of runs and for the
/// next examples.
struct ScreenPanel<Element: ScreenElement> {
    let counts: AlignedBuffer<Element>
    /// The examples of the columns.
    private(set) var examples = 0..<0
    /// Rows that are filled.
    private(set) var depth = 0
    var columns: Int { examples.count }

    private let largestCount: Int
    private var steps: [Float] = []
    private var inverseSteps: [Float] = []
    private var norms: [Double] = []
    private var missed: [Double] = []
    private var depthOfAllRuns = 0

    /// Room for `depth` rows of `columns` examples.
    init(depth: Int, columns: Int, largestCount: Int) {
        counts = AlignedBuffer(count: depth * columns)
        self.largestCount = largestCount
    }

    /// Makes these the examples of the columns, before the first block of their runs.
    mutating func begin(_ examples: Range<Int>, _ moments: Moments) {
        self.examples = examples
        depthOfAllRuns = moments.runs * moments.classes
        let first = examples.lowerBound - moments.examples.lowerBound
        norms = (first..<first + examples.count).map {
            (Double(moments.runs - 1) * Double(moments.varyingClasses($0))).squareRoot()
        }
        steps = zip(norms, moments.largestTurned[first...]).map { norm, largest in
            Element.step(largest: largest, norm: norm, depth: depthOfAllRuns, largestCount: largestCount)
        }
        inverseSteps = steps.map { $0 > 0 ? 1 / $0 : 0 }
        missed = [Double](repeating: 0, count: examples.count)
    }

    /// Fills the panel with a block of runs of the examples.
    ///
    /// Ranks that need the same panel divide the runs, by whole groups of those that are turned together, and exchange the
    /// counts. Collective over `ranks`:
    ///
    ///     rank 0: [ runs 0 1, all columns ]  |                  rank 0: [ runs 0 1 2 3, all columns ]
    ///     rank 1: [ runs 2 3, all columns ]  |  -> Allgather -> rank 1: [ runs 0 1 2 3, all columns ]
    mutating func fill(
        from logits: Logits, runs: Range<Int>, moments: Moments, transform: Transform, threads: Int,
        sharedBy ranks: Communicator? = nil
    ) throws {
        depth = runs.count * logits.classes
        precondition(depth * columns <= counts.elements.count)
        let group = logits.runsOfBlock
        let groups = Partition((runs.count + group - 1) / group, ranks?.size ?? 1)
        let shares = (0..<groups.parts).map {
            let own = groups.range(of: $0)
            return min(own.lowerBound * group, runs.count)..<min(own.upperBound * group, runs.count)
        }
        let own = shares[ranks?.rank ?? 0]
        try count(
            logits, runs: own.shifted(by: runs.lowerBound), firstRun: runs.lowerBound, moments, transform, threads)
        guard let ranks, ranks.size > 1 else { return }
        let row = columns * logits.classes
        let whole = UnsafeMutableBufferPointer(rebasing: counts.elements[..<(runs.count * row)])
        try ranks.allgather(inPlace: whole.mutableSpan, counts: shares.map { $0.count * row })
    }

    /// What is known of the examples once all their runs have been through the panels.
    ///
    /// Collective over each of `ranks` in turn, which counted different runs of the same examples: what their counts miss is
    /// added.
    func bounds(over ranks: [Communicator]) throws -> ScreenBounds {
        var missed = missed
        for communicator in ranks where communicator.size > 1 { try communicator.allreduce(missed.mutableSpan, .sum) }
        return ScreenBounds(
            scale: steps, norm: norms.map { Float($0 * (1 + 0x1p-12)) },
            residual: missed.indices.map {
                Element.residual(missed: missed[$0], norm: norms[$0], depth: depthOfAllRuns)
            })
    }

    private mutating func count(
        _ logits: Logits, runs: Range<Int>, firstRun: Int, _ moments: Moments, _ transform: Transform, _ threads: Int
    ) throws {
        let (columns, classes, largestCount) = (columns, logits.classes, largestCount)
        guard columns > 0, !runs.isEmpty else { return }
        let examples = examples
        nonisolated(unsafe) let counts = counts.start
        try moments.withStarts(at: examples.lowerBound) { mean, scale in
            try missed.withUnsafeMutableBufferPointer { missed in
                try steps.withUnsafeBufferPointer { steps in
                    try inverseSteps.withUnsafeBufferPointer { inverseSteps in
                        nonisolated(unsafe) let (mean, scale, missed) = (mean, scale, missed.baseAddress!)
                        nonisolated(unsafe) let (steps, inverseSteps) = (steps.baseAddress!, inverseSteps.baseAddress!)
                        try logits.forEachTransformedBlock(
                            of: runs, examples: examples, by: transform, threads: threads
                        ) { block in
                            let at = block.block.lowerBound
                            let scales = CountScales(
                                mean: mean + at, scale: scale + at, stride: moments.examples.count,
                                classes: classes, steps: steps + at, inverseSteps: inverseSteps + at,
                                largestCount: largestCount, missed: missed + at)
                            let row = (block.runs.lowerBound - firstRun) * classes
                            Element.count(block, by: scales, into: counts + row * columns + at, stride: columns)
                        }
                    }
                }
            }
        }
    }
}
