import CSIMDKernels
import ParallelRanges

/// The cut of the ranks' work, so that it fits into a given memory: test examples into tiles of rows, each
/// rank's training examples into tiles of columns, and its runs into blocks whose products are added up.
///
/// Where all runs make one block, a test tile is standardized once and kept for all train tiles; where not, again for
/// each of them. A train tile is standardized once for every test tile. Of the cuts with nearly the least predicted
/// time the one with the least memory is taken, so that memory hardly grows with the runs where it would buy little. It
/// depends on the job only, not on the rank, so that all ranks go through the same number of tiles.
package struct Tiling: Equatable, Sendable {
    /// The longest of the parts.
    private struct Cut: Equatable {
        let rows, columns, runsOfBlock: Int
    }

    private var cut: Cut
    /// All test examples, and most runs and training examples that a rank has.
    package let test, runs, train: Int
    /// Test examples of a tile, at most.
    package var rows: Int { cut.rows }
    /// Training examples of a tile, at most.
    package var columns: Int { cut.columns }
    /// Runs of a block, at most; times C they are the depth of one matrix product.
    package var runsOfBlock: Int { cut.runsOfBlock }
    /// Training examples of the first tile, at most.
    private let firstColumns: Int
    /// Candidates of all rows of a tile that a rank may hold before some are computed exactly.
    package let candidates: Int
    /// Bytes left for the panels of the exact products.
    package let refinementBytes: Int

    /// What the exact products and the candidates get of the memory: a fourth each.
    private static let (refinementShare, candidateShare) = (4, 4)
    /// Training examples of the first tile of all ranks together for each neighbor sought, and of a rank at least.
    private static let (firstColumnsOfNeighbor, fewestColumns) = (4, 64)
    /// From so many training examples and so many products on, wider tiles of all runs make the product no faster, and
    /// leave the caches.
    private static let (usefulColumns, cachedProducts) = (1024, 2 << 20)

    /// What is faster by less than this is not worth more memory.
    private static let worthMoreMemory = 1.03

    /// The least depth of a product.
    private static let smallestDepth = 64

    /// - Parameters:
    ///   - runs: most runs that a rank owns.
    ///   - test: all test examples.
    ///   - train: most training examples that a rank owns.
    ///   - neighbors: kept for each test example.
    ///   - trainRanks: ranks that share the training examples.
    ///   - codeBytes: bytes of one number of a panel.
    ///   - bytes: memory for a tile, two panels, the candidates, and the exact products; one example by one is always
    ///     allowed.
    package init(
        runs: Int, test: Int, train: Int, classes: Int, neighbors: Int, trainRanks: Int = 1, codeBytes: Int,
        bytes: Int
    ) {
        (self.runs, self.test, self.train) = (runs, test, train)
        firstColumns = max(Self.fewestColumns, Self.firstColumnsOfNeighbor * neighbors / trainRanks)
        refinementBytes = bytes / Self.refinementShare
        // Arrays grow by doubling.
        candidates = bytes / Self.candidateShare / (2 * MemoryLayout<EKCandidate>.stride)
        let available = bytes - refinementBytes - bytes / Self.candidateShare
        let rowBytes = Self.listBytes(neighbors: neighbors)
        // Where not even this fits there is nothing better: a block that is worth the calls it takes.
        cut = Cut(rows: 1, columns: 1, runsOfBlock: max(1, min(runs, Self.smallestDepth / classes)))
        let cuts = cuts(classes: classes, codeBytes: codeBytes, rowBytes: rowBytes, available: available)
        let least = cuts.map(\.time).min() ?? 0
        let good = cuts.filter { $0.time <= least * Self.worthMoreMemory }
        if let best = good.min(by: { $0.bytes < $1.bytes }) { cut = best.cut }
    }

    /// The cuts that fit into the memory, with the predicted time and the bytes of each.
    private func cuts(
        classes: Int, codeBytes: Int, rowBytes: Int, available: Int
    ) -> [(cut: Cut, time: Double, bytes: Int)] {
        var result: [(cut: Cut, time: Double, bytes: Int)] = []
        var runsOfBlock = max(1, runs)
        while true {
            let exampleBytes = runsOfBlock * classes * codeBytes
            for testTiles in 1...test {
                let rows = (test + testTiles - 1) / testTiles
                let most = min(train, (available - rows * (rowBytes + exampleBytes)) / (exampleBytes + rows * 4))
                guard most > 0 else { continue }
                // Where the runs make several blocks, wider tiles spare standardizing test examples again.
                let useful = min(most, max(Self.usefulColumns, Self.cachedProducts / rows))
                for columns in runsOfBlock < runs && most > useful ? [useful, most] : [useful] {
                    let cut = Cut(rows: rows, columns: columns, runsOfBlock: runsOfBlock)
                    let bytes = rows * (rowBytes + exampleBytes) + columns * (exampleBytes + rows * 4)
                    result.append((cut, predictedTime(of: cut, classes: classes), bytes))
                }
                // More test tiles only add work once a train tile is as wide as it can be.
                if most == train { break }
            }
            guard runsOfBlock > 1 else { return result }
            runsOfBlock = (runsOfBlock + 1) / 2
        }
    }

    /// The test examples of each tile.
    package var testTiles: [Range<Int>] { testTiles(of: 0..<test) }

    /// Some test examples, in tiles.
    func testTiles(of range: Range<Int>) -> [Range<Int>] {
        range.pieces(ofAtMost: rows)
    }

    /// The training examples of each tile of a rank that owns `columns`; as many tiles on every rank, some perhaps
    /// empty.
    ///
    /// The first is narrow: every pair in it is a candidate, and the thresholds that come of it spare the others that.
    package func trainTiles(of columns: Range<Int>) -> [Range<Int>] {
        let widthOfFirst = min(firstColumns, self.columns)
        let first = columns.prefix(widthOfFirst)
        let mostOfRest = max(0, train - widthOfFirst)
        return [first]
            + (first.upperBound..<columns.upperBound).pieces(max(1, (mostOfRest + self.columns - 1) / self.columns))
    }

    /// What a rank that owns `columns` has not seen of them, in tiles; their number may differ from rank to rank.
    func trainTiles(of columns: Range<Int>, without seen: [Range<Int>]) -> [Range<Int>] {
        seen.reduce([columns]) { rest, range in rest.flatMap { $0.without(range) } }
            .flatMap { $0.pieces(ofAtMost: self.columns) }
    }

    /// The runs of each block of a rank that owns `runs`; as many blocks on every rank, some perhaps empty.
    package func runBlocks(of runs: Range<Int>) -> [Range<Int>] {
        runs.pieces(max(1, (self.runs + runsOfBlock - 1) / runsOfBlock))
    }

    /// Bytes that tiles, panels, lists and exact products take, about.
    package func bytes(classes: Int, neighbors: Int, _ codeBytes: Int) -> Int {
        let depth = runsOfBlock * classes
        let lists = 2 * rows * Self.listBytes(neighbors: neighbors)
        return 4 * rows * columns + codeBytes * depth * (rows + columns) + lists
            + min(refinementBytes, SearchConstants.limbPanelBytes(rows: rows, columns: train))
    }

    /// Bytes for a row's shortest candidates and its neighbors, sent and received.
    private static func listBytes(neighbors: Int) -> Int {
        SearchConstants.candidateRowBytes(k: neighbors) + 64 * neighbors
    }

    /// Time in nanoseconds of one core, as measured: for standardizing a logit, packing a number for the product,
    /// multiplying a pair of numbers, and adding to a product in memory. Moments and exact products, which take three
    /// passes over the logits whatever the cut is, are counted so that the differences are seen in proportion.
    private func predictedTime(of cut: Cut, classes: Int) -> Double {
        let (standardize, pack, multiply, add) = (2.6, 0.07, 0.0025, 0.8)
        let otherPasses = 3
        let blocks = (runs + cut.runsOfBlock - 1) / cut.runsOfBlock
        let testTiles = (test + cut.rows - 1) / cut.rows
        let trainTiles = (train + cut.columns - 1) / cut.columns
        let depth = Double(runs * classes)
        let standardized = Double((blocks == 1 ? 1 : trainTiles) * test + testTiles * train)
        let others = Double(otherPasses * (test + train))
        let packed = Double(trainTiles * test + testTiles * train)
        let products = Double(test) * Double(train)
        return depth * (standardize * (standardized + others) + pack * packed + multiply * products)
            + add * Double(blocks) * products
    }
}
