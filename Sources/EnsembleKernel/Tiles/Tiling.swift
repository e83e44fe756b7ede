import CSIMDKernels
import ParallelRanges

/// The division of the ranks' work that fits in a given memory: test examples into tiles of rows, each rank's training
/// examples into tiles of columns, and its runs into blocks whose products are added up.
///
/// If all runs form one block, a test tile is standardized once and kept for all train tiles; otherwise it is
/// standardized again for each of them. A train tile is standardized once for every test tile. Among the cuts with
/// nearly the smallest predicted time, the one with the least memory is chosen, so that memory hardly grows with the
/// runs if it would gain little. It depends on the job only, not on the rank, so that all ranks process the same number
/// of tiles.
package struct Tiling: Equatable, Sendable {
    /// The lengths of the longest parts.
    private struct Cut: Equatable {
        let rows, columns, runsOfBlock: Int
    }

    private var cut: Cut
    /// Whether the rows are the columns, so that a product stands for two pairs.
    private let isSymmetric: Bool
    /// Number of test examples, and the largest numbers of runs and training examples of a rank.
    package let test, runs, train: Int
    /// The largest number of test examples of a tile.
    package var rows: Int { cut.rows }
    /// The largest number of training examples of a tile.
    package var columns: Int { cut.columns }
    /// The largest number of runs of a block; times C it is the depth of one matrix product.
    package var runsOfBlock: Int { cut.runsOfBlock }
    /// Whether half of the square of all pairs is computed, and the other half mirrors it: for that the lists of all
    /// rows must be held at the same time.
    package var isHalved: Bool { isSymmetric && rows == test }
    /// The largest number of products of a tile.
    package var products: Int { Self.products(rows: rows, columns: columns, isHalved: isHalved) }
    /// The largest number of training examples of the first tile.
    private let firstColumns: Int
    /// Number of candidates of all rows of a tile that a rank may hold before some are computed exactly.
    package let candidates: Int
    /// Bytes left for the panels of the exact products.
    package let refinementBytes: Int

    /// Divisors of the memory for the exact products and for the candidates: a fourth each.
    private static let (refinementShare, candidateShare) = (4, 4)
    /// Number of training examples of the first tile of all ranks together for each neighbor sought, and its minimum
    /// for a rank.
    private static let (firstColumnsOfNeighbor, fewestColumns) = (4, 64)
    /// The numbers of training examples and of products beyond which wider tiles of all runs make the product no
    /// faster, and exceed the caches.
    private static let (usefulColumns, cachedProducts) = (1024, 2 << 20)

    /// The factor in time that a cut must gain to be worth more memory.
    private static let worthMoreMemory = 1.03

    /// The smallest depth of a product.
    private static let smallestDepth = 64

    /// The number of blocks in a half square that make it hardly larger than a half, and the least number of columns of
    /// a block.
    private static let (blocksOfHalf, columnsOfBlock) = (32, 128)

    /// The tiling of a job.
    ///
    /// - Parameters:
    ///   - runs: The largest number of runs that a rank owns.
    ///   - test: Number of test examples.
    ///   - train: The largest number of training examples that a rank owns.
    ///   - neighbors: Number of neighbors kept for each test example.
    ///   - trainRanks: Number of ranks among which the training examples are divided.
    ///   - isSymmetric: Whether the test examples are the training examples, of all ranks.
    ///   - codeBytes: Number of bytes of one element of a panel.
    ///   - bytes: Memory for a tile, two panels, the candidates, and the exact products; one example by one is always
    /// allowed.
    package init(
        runs: Int, test: Int, train: Int, classes: Int, neighbors: Int, trainRanks: Int = 1,
        isSymmetric: Bool = false, codeBytes: Int, bytes: Int
    ) {
        (self.runs, self.test, self.train, self.isSymmetric) = (runs, test, train, isSymmetric)
        firstColumns = max(Self.fewestColumns, Self.firstColumnsOfNeighbor * neighbors / trainRanks)
        refinementBytes = bytes / Self.refinementShare
        // Arrays grow by doubling.
        candidates = bytes / Self.candidateShare / (2 * MemoryLayout<EKCandidate>.stride)
        let available = bytes - refinementBytes - bytes / Self.candidateShare
        let rowBytes = Self.listBytes(neighbors: neighbors)
        // If not even this fits, there is nothing better: a block that is worth the calls it takes.
        cut = Cut(rows: 1, columns: 1, runsOfBlock: max(1, min(runs, Self.smallestDepth / classes)))
        let cuts = cuts(classes: classes, codeBytes: codeBytes, rowBytes: rowBytes, available: available)
        let least = cuts.map(\.time).min() ?? 0
        let good = cuts.filter { $0.time <= least * Self.worthMoreMemory }
        if let best = good.min(by: { $0.bytes < $1.bytes }) { cut = best.cut }
    }

    /// The cuts that fit in the memory, with the predicted time and the bytes of each.
    private func cuts(
        classes: Int, codeBytes: Int, rowBytes: Int, available: Int
    ) -> [(cut: Cut, time: Double, bytes: Int)] {
        var result: [(cut: Cut, time: Double, bytes: Int)] = []
        var runsOfBlock = max(1, runs)
        while true {
            let exampleBytes = runsOfBlock * classes * codeBytes
            // With several blocks of runs, standardizing all rows again for every tile would take longer than the other
            // half of the products.
            if isSymmetric, runsOfBlock >= runs {
                let most = min(train, Self.usefulColumns, max(Self.columnsOfBlock, test / Self.blocksOfHalf))
                // Fewer columns need less memory.
                for columns in sequence(first: most, next: { $0 > 1 ? $0 / 2 : nil }) {
                    let cut = Cut(rows: test, columns: columns, runsOfBlock: runsOfBlock)
                    let products = Self.products(rows: test, columns: columns, isHalved: true)
                    let bytes = test * (rowBytes + exampleBytes) + 4 * products
                    guard bytes <= available else { continue }
                    result.append((cut, predictedTime(of: cut, classes: classes), bytes))
                    break
                }
            }
            for testTiles in (isSymmetric ? 2 : 1)..<test + 1 {
                let rows = (test + testTiles - 1) / testTiles
                let most = min(train, (available - rows * (rowBytes + exampleBytes)) / (exampleBytes + rows * 4))
                guard most > 0 else { continue }
                // If the runs form several blocks, wider tiles save standardizing test examples again.
                let useful = min(most, max(Self.usefulColumns, Self.cachedProducts / rows))
                for columns in runsOfBlock < runs && most > useful ? [useful, most] : [useful] {
                    let cut = Cut(rows: rows, columns: columns, runsOfBlock: runsOfBlock)
                    let bytes = rows * (rowBytes + exampleBytes) + columns * (exampleBytes + rows * 4)
                    result.append((cut, predictedTime(of: cut, classes: classes), bytes))
                }
                // More test tiles only add work once a train tile has its full width.
                if most == train { break }
            }
            guard runsOfBlock > 1 else { return result }
            runsOfBlock = (runsOfBlock + 1) / 2
        }
    }

    /// The test examples of each tile.
    package var testTiles: [Range<Int>] { testTiles(of: 0..<test) }

    /// The tiles of some test examples.
    func testTiles(of range: Range<Int>) -> [Range<Int>] {
        range.pieces(ofAtMost: rows)
    }

    /// The training examples of each tile of a rank that owns `columns`; equally many tiles on every rank, some perhaps
    /// empty.
    ///
    /// The first is narrow: every pair in it is a candidate, and the resulting thresholds spare the other tiles that.
    ///
    /// In a half square, no tile is: rows get columns from all tiles.
    package func trainTiles(of columns: Range<Int>) -> [Range<Int>] {
        guard !isHalved else { return columns.pieces(max(1, (train + self.columns - 1) / self.columns)) }
        let widthOfFirst = min(firstColumns, self.columns)
        let first = columns.prefix(widthOfFirst)
        let mostOfRest = max(0, train - widthOfFirst)
        return [first]
            + (first.upperBound..<columns.upperBound).pieces(max(1, (mostOfRest + self.columns - 1) / self.columns))
    }

    /// The runs of each block of a rank that owns `runs`; equally many blocks on every rank, some perhaps empty.
    package func runBlocks(of runs: Range<Int>) -> [Range<Int>] {
        runs.pieces(max(1, (self.runs + runsOfBlock - 1) / runsOfBlock))
    }

    /// The approximate size in bytes of tiles, panels, lists and exact products.
    package func bytes(classes: Int, neighbors: Int, _ codeBytes: Int) -> Int {
        let depth = runsOfBlock * classes
        let lists = 2 * rows * Self.listBytes(neighbors: neighbors)
        return 4 * products + codeBytes * depth * (rows + (isHalved ? 0 : columns)) + lists
            + min(refinementBytes, SearchConstants.limbPanelBytes(rows: rows, columns: train))
    }

    /// The largest number of products of a tile: in a half square a block of columns is compared with half of the rows,
    /// its own, and up to a block more.
    private static func products(rows: Int, columns: Int, isHalved: Bool) -> Int {
        (isHalved ? min(rows, rows / 2 + 2 * columns) : rows) * columns
    }

    /// Bytes for a row's shortest list of candidates and its neighbors, sent and received.
    private static func listBytes(neighbors: Int) -> Int {
        SearchConstants.candidateRowBytes(k: neighbors) + 64 * neighbors
    }

    /// The predicted time in nanoseconds of one core, from measured times for standardizing a logit, packing an element
    /// for the product, multiplying a pair of elements, and adding to a product in memory. Moments and exact products,
    /// which take three passes over the logits with any cut, are included so that differences appear in proportion.
    private func predictedTime(of cut: Cut, classes: Int) -> Double {
        let (standardize, pack, multiply, add) = (2.6, 0.07, 0.0025, 0.8)
        let otherPasses = 3
        let blocks = (runs + cut.runsOfBlock - 1) / cut.runsOfBlock
        let testTiles = (test + cut.rows - 1) / cut.rows
        let trainTiles = (train + cut.columns - 1) / cut.columns
        let depth = Double(runs * classes)
        let isHalved = isSymmetric && cut.rows == test
        let standardized = Double((blocks == 1 ? 1 : trainTiles) * test + (isHalved ? 0 : testTiles * train))
        let others = Double(otherPasses * (test + train))
        let products = Double(test) * Double(train) * (isHalved ? 0.5 : 1)
        let packed = Double(trainTiles * test) * (isHalved ? 0.5 : 1) + Double(testTiles * train)
        return depth * (standardize * (standardized + others) + pack * packed + multiply * products)
            + add * Double(blocks) * products
    }
}
