import CSIMDKernels
import Ensembles
import MessagePassing
import ParallelRanges

/// z of some examples as integers in a ``FixedPoint`` unit, in the layout for inner products of single pairs: one row
/// per example, in any order.
///
/// `limbs` has shape (examples, limbs kept * depth), row-major: within a row the runs, and the classes of each, in
/// chunks of high limbs, each followed by the low limbs if these are kept. Every block of runs transformed together
/// fills whole chunks, the last one padded with zeros.
struct LimbPanel: ~Copyable {
    let limbs: AlignedBuffer<Int16>
    /// The limbs of a number that are kept.
    let kept: EKLimbs
    /// The examples of the rows.
    private(set) var examples = 0..<0
    /// Number of elements of a row: runs times classes, and the padding.
    private(set) var depth = 0
    /// The largest sum of squares of the limbs that are not kept, over the rows filled by this rank.
    private(set) var droppedSquares: Int64 = 0

    /// Memory for `runs` runs of `examples` examples.
    init(examples: Int, runs: Int, classes: Int, kept: EKLimbs) {
        limbs = AlignedBuffer(count: kept.count * examples * Self.depth(runs: runs, classes: classes))
        self.kept = kept
    }

    /// The length of a row.
    static func depth(runs: Int, classes: Int) -> Int {
        func chunks(_ runs: Int) -> Int { (runs * classes + Int(EK_DEPTH) - 1) / Int(EK_DEPTH) }
        let ofBlock = Logits.runsOfBlock(classes: classes)
        return (runs / ofBlock * chunks(ofBlock) + chunks(runs % ofBlock)) * Int(EK_DEPTH)
    }

    /// Fills the panel with a block of runs of some examples, in their order or the i-th of them in row `places`[i].
    ///
    /// Ranks that need the same panel divide its examples and exchange them. Collective over `ranks`:
    ///
    ///     rank 0: [ examples 0 1 ]  |                  rank 0: [ examples 0 1 2 3 ]
    ///     rank 1: [ examples 2 3 ]  |  -> Allgather -> rank 1: [ examples 0 1 2 3 ]
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `MPIError`.
    mutating func fill(
        from logits: Logits, runs: Range<Int>, examples: Range<Int>, at places: [Int32]? = nil, moments: Moments,
        transform: Transform, unit: FixedPoint, threads: Int, sharedBy ranks: Communicator? = nil
    ) throws {
        precondition(places == nil || ranks == nil, "what is shared is exchanged in order")
        self.examples = examples
        let depth = Self.depth(runs: runs.count, classes: logits.classes)
        self.depth = depth
        let kept = kept
        let rowLength = kept.count * depth
        precondition(examples.count * rowLength <= limbs.elements.count)
        let shares = Partition(examples.count, ranks?.size ?? 1)
        let own = shares.range(of: ranks?.rank ?? 0)
        nonisolated(unsafe) let limbs = limbs.start
        var droppedSquaresOfRow = [Int64](repeating: 0, count: own.count)
        try droppedSquaresOfRow.withUnsafeMutableBufferPointer { dropped in
            try (places ?? own.map(Int32.init)).withUnsafeBufferPointer { places in
                nonisolated(unsafe) let (dropped, places) = (dropped, places)
                try moments.withStandardization(from: own.lowerBound + examples.lowerBound) { standardization in
                    nonisolated(unsafe) let standardization = standardization
                    try logits.forEachTransformedBlock(
                        of: runs, examples: own.shifted(by: examples.lowerBound), by: transform, threads: threads
                    ) { block in
                        let at = block.block.lowerBound
                        let before = Self.depth(runs: block.runs.lowerBound - runs.lowerBound, classes: logits.classes)
                        ek_limbs(
                            block.numbers, standardization.shifted(by: at), Int32(unit.fractionBits), kept,
                            places.baseAddress! + at, limbs + kept.count * before, rowLength,
                            dropped.baseAddress! + at)
                    }
                }
            }
        }
        droppedSquares = droppedSquaresOfRow.max() ?? 0
        guard let ranks, ranks.size > 1 else { return }
        let whole = UnsafeMutableBufferPointer(rebasing: self.limbs.elements[..<(examples.count * rowLength)])
        try ranks.allgather(inPlace: whole.mutableSpan, counts: shares.counts.map { $0 * rowLength })
    }
}

extension EKLimbs {
    /// Number of limbs kept of each integer.
    var count: Int { Int(rawValue) }
    /// Number of bytes of these limbs.
    var bytes: Int { count * MemoryLayout<Int16>.stride }
}
