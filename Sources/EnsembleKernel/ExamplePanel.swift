import CVectorKernels
import MessagePassing

/// z of some examples, rounded to float, as inner products of single pairs want it: a row an example.
///
/// `values` has shape (examples, depth), row-major: within a row the runs of the block, and the classes of each.
struct ExamplePanel {
    private(set) var values: [Float]
    /// The examples of the rows.
    private(set) var examples = 0..<0
    /// Numbers of a row: runs times classes, and zeros up to the next multiple of what the vector loops take.
    private(set) var depth = 0

    /// Room for `runs` runs of so many examples.
    init(examples: Int, runs: Int, classes: Int) {
        values = [Float](repeating: 0, count: examples * Self.depth(runs: runs, classes: classes))
    }

    /// The length of a row.
    static func depth(runs: Int, classes: Int) -> Int {
        let granule = Int(VK_DEPTH)
        return (runs * classes + granule - 1) / granule * granule
    }

    /// Fills the panel with a block of runs of some examples.
    ///
    /// Ranks that need the same panel divide its examples and exchange them. Collective over `ranks`:
    ///
    ///     rank 0: [ examples 0 1 ]  |                  rank 0: [ examples 0 1 2 3 ]
    ///     rank 1: [ examples 2 3 ]  |  -> Allgather -> rank 1: [ examples 0 1 2 3 ]
    mutating func fill(
        from logits: Logits, runs: Range<Int>, examples: Range<Int>, moments: Moments, transform: Transform,
        threads: Int, sharedBy ranks: Communicator? = nil
    ) throws {
        self.examples = examples
        let depth = Self.depth(runs: runs.count, classes: logits.classes)
        self.depth = depth
        precondition(examples.count * depth <= values.count)
        let shares = Partition(examples.count, ranks?.size ?? 1)
        let own = shares.range(of: ranks?.rank ?? 0)
        try values.withUnsafeMutableBufferPointer { values in
            guard !own.isEmpty else { return }
            if depth > runs.count * logits.classes { values[..<(examples.count * depth)].update(repeating: 0) }
            nonisolated(unsafe) let z = values.baseAddress! + own.lowerBound * depth
            let first = own.lowerBound + examples.lowerBound
            try moments.withStarts(at: first) { mean, scale in
                nonisolated(unsafe) let (mean, scale) = (mean, scale)
                try logits.forEachTransformedBlock(
                    of: runs, examples: own.shifted(by: examples.lowerBound), by: transform, threads: threads,
                    resultBytes: depth * MemoryLayout<Float>.stride
                ) { block in
                    let at = block.block.lowerBound
                    vk_standardise_transposed(
                        block.x, block.stride, logits.classes, block.stride, mean + at, scale + at,
                        moments.examples.count, z + at * depth + (block.run - runs.lowerBound) * logits.classes, depth)
                }
            }
        }
        guard let ranks, ranks.size > 1 else { return }
        try values.withUnsafeMutableBufferPointer {
            let whole = UnsafeMutableBufferPointer(rebasing: $0[..<(examples.count * depth)])
            try ranks.allgather(inPlace: whole.mutableSpan, counts: shares.counts.map { $0 * depth })
        }
    }
}
