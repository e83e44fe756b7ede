import CVectorKernels

/// z of some runs and examples as the matrix product wants it: a row for every (run, class), a column an example.
///
/// `values` has shape (runs * C, columns), row-major; the buffer is used again for the next block of runs.
struct StandardisedPanel {
    private(set) var values: [Float]
    private(set) var depth = 0
    private(set) var columns = 0

    /// Room for `depth` rows (runs times classes) of `columns` examples.
    init(depth: Int, columns: Int) {
        values = [Float](repeating: 0, count: depth * columns)
    }

    /// Fills the panel with z of `runs` and of `examples`, which lie within those of `moments`.
    mutating func fill(
        from logits: Logits, runs: Range<Int>, examples: Range<Int>, moments: Moments, transform: Transform,
        threads: Int
    ) throws {
        let classes = logits.classes
        let columns = examples.count
        self.columns = columns
        depth = runs.count * classes
        guard columns > 0 else { return }
        let offset = examples.lowerBound - moments.examples.lowerBound
        let stride = moments.examples.count
        try moments.withStarts { mean, scale in
            try values.withUnsafeMutableBufferPointer { values in
                nonisolated(unsafe) let (z, mean, scale) = (values.baseAddress!, mean + offset, scale + offset)
                try logits.forEachTransformedBlock(of: runs, examples: examples, by: transform, threads: threads) {
                    run, c, block, x in
                    let moment = c * stride + block.lowerBound
                    let row = (run - runs.lowerBound) * classes + c
                    vk_standardise(x, mean + moment, scale + moment, z + row * columns + block.lowerBound, block.count)
                }
            }
        }
    }
}
