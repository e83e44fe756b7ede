/// How the kernel of one rank is cut into tiles, and the runs into blocks, so that the work fits into a given memory.
///
/// For every pair of a test and a train tile the rank's runs are streamed block by block, so a train example is
/// standardised once for every test tile and a test example once for every train tile. The cut with the least of that
/// work is taken; it depends on the job only, not on the rank, so that all ranks go through the same tiles.
package struct Tiling: Equatable, Sendable {
    /// Test examples of a tile, at most.
    package let rows: Int
    /// Train examples of a tile, at most.
    package let columns: Int
    /// Runs standardised together; times C they are the depth of one matrix product.
    package let runs: Int

    /// Depth of the product from which on OpenBLAS reaches its full rate.
    private static let fullRateDepth = 320

    /// - Parameters:
    ///   - runs: most runs that a rank owns.
    ///   - test: all test examples.
    ///   - train: most train examples that a rank owns.
    ///   - bytes: memory for one tile and the two panels; at least one example by one example is always allowed.
    package init(runs: Int, test: Int, train: Int, classes: Int, bytes: Int) {
        self.runs = max(1, min(runs, Self.fullRateDepth / max(1, classes)))
        let depth = self.runs * classes
        let floats = bytes / MemoryLayout<Float>.stride
        var best = (rows: 1, columns: 1, work: Int.max)
        for testTiles in 1...test {
            let rows = (test + testTiles - 1) / testTiles
            let columns = min(train, (floats - depth * rows) / (rows + depth))
            guard columns > 0 else { continue }
            let trainTiles = (train + columns - 1) / columns
            let work = testTiles * train + trainTiles * test
            if work < best.work { best = (rows, columns, work) }
            if trainTiles == 1 { break }
        }
        rows = best.rows
        columns = best.columns
    }

    /// Cuts `range` into consecutive pieces of at most `size`.
    package static func pieces(of range: Range<Int>, size: Int) -> [Range<Int>] {
        stride(from: range.lowerBound, to: range.upperBound, by: size).map {
            $0..<min($0 + size, range.upperBound)
        }
    }
}
