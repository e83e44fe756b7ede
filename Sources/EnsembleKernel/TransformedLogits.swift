import MessagePassing

extension Logits {
    /// Bytes of x, and of what is made of it, that a thread works on at a time: they share the second-level cache with
    /// what they are combined with.
    private static let blockBytes = 128 << 10
    /// Examples that the vector loops take at once.
    private static let lanes = 16

    /// Some examples of one run, transformed: x of class c of the i-th example of `block` stands at c * stride + i.
    struct Block {
        /// The run of the ensemble.
        let run: Int
        /// The place of the examples within those asked for.
        let block: Range<Int>
        /// x, shape (C, stride).
        let x: UnsafePointer<Double>
        /// From one class to the next; the number of examples in the block.
        var stride: Int { block.count }
    }

    /// Calls `use` with x of every given run and example, in blocks of examples, from several threads.
    ///
    /// A thread has its own share of the examples and goes through all runs of a block before it begins the next, in
    /// ascending order: what is summed over the runs stays in cache, and its sums do not depend on the threads.
    ///
    /// - Parameter resultBytes: bytes of an example that `use` comes back to for every run.
    /// - Throws: ``EnsembleError`` naming the first logit of a block that is not finite.
    func forEachTransformedBlock(
        of runs: Range<Int>, examples: Range<Int>, by transform: Transform, threads: Int, resultBytes: Int = 0,
        _ use: @Sendable (Block) -> Void
    ) throws {
        let fitting = Self.blockBytes / max(MemoryLayout<Double>.stride * classes, resultBytes)
        let size = max(Self.lanes, fitting / Self.lanes * Self.lanes)
        try concurrently(over: examples.count, threads: threads) { own in
            try withUnsafeTemporaryAllocation(of: Double.self, capacity: size * classes) { x in
                guard let x = x.baseAddress else { return }
                for start in stride(from: own.lowerBound, to: own.upperBound, by: size) {
                    let block = start..<min(start + size, own.upperBound)
                    for run in runs {
                        try self.transform(
                            run: run, examples: block.shifted(by: examples.lowerBound), by: transform, into: x,
                            stride: block.count)
                        use(Block(run: run, block: block, x: x))
                    }
                }
            }
        }
    }
}

extension Range<Int> {
    /// The range moved up by an offset.
    func shifted(by offset: Int) -> Range<Int> { lowerBound + offset..<upperBound + offset }
}
