extension Logits {
    /// Bytes of x that a thread works on at a time: they share the second-level cache with what they are combined with.
    private static let blockBytes = 128 << 10
    /// Examples that the vector loops take at once.
    private static let lanes = 16

    /// Calls `use` with x of every given run and example, class by class in blocks of examples, from several threads.
    ///
    /// A thread has its own share of the examples and goes through the runs one after the other, as the files have
    /// them. `use` gets the run, the class, the place of the block within `examples`, and the block's values.
    ///
    /// - Throws: ``EnsembleError`` naming the first logit of a block that is not finite.
    func forEachTransformedBlock(
        of runs: Range<Int>, examples: Range<Int>, by transform: Transform, threads: Int,
        _ use: @Sendable (_ run: Int, _ class: Int, _ block: Range<Int>, _ x: UnsafePointer<Double>) -> Void
    ) throws {
        let fitting = Self.blockBytes / (MemoryLayout<Double>.stride * classes)
        let size = max(Self.lanes, fitting / Self.lanes * Self.lanes)
        try concurrently(over: examples.count, threads: threads) { own in
            try withUnsafeTemporaryAllocation(of: Double.self, capacity: size * classes) { x in
                guard let x = x.baseAddress else { return }
                for run in runs {
                    for start in stride(from: own.lowerBound, to: own.upperBound, by: size) {
                        let block = start..<min(start + size, own.upperBound)
                        try self.transform(
                            run: run, examples: block.shifted(by: examples.lowerBound), by: transform, into: x,
                            stride: block.count)
                        for c in 0..<classes { use(run, c, block, x + c * block.count) }
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
