import COpenBLAS
import MessagePassing

/// Finds the nearest train examples of every test example by the ensemble kernel, over all ranks.
///
/// The way of the data, one type a stage: ``Logits`` -> ``Moments`` -> `StandardisedPanel` -> `KernelTile` (product,
/// then the sum over the runs axis) -> ``NeighbourLists`` -> their merge over the train axis.
public struct NeighbourSearch {
    /// What one rank has when the search is over: the neighbours of its share of the test examples.
    public struct Result {
        /// The test examples that this rank has, and their neighbours, in ascending order.
        public internal(set) var parts: [(rows: Range<Int>, lists: NeighbourLists)] = []
        /// (example, class) of the test examples that are the same in all runs.
        public internal(set) var zeroVarianceTest = 0
        /// (example, class) of the train examples that are the same in all runs.
        public internal(set) var zeroVarianceTrain = 0
        /// This rank's time by phase.
        public internal(set) var seconds = PhaseSeconds()
    }

    let test, train: Logits
    let transform: Transform
    let neighbours: Int
    let grid: RankGrid
    let threads: Int
    let memory: Int

    /// - Parameters:
    ///   - test: logits (R, T, C) of the examples whose neighbours are wanted.
    ///   - train: logits (R, N, C) of the examples to find them among.
    ///   - neighbours: how many of each to keep, in 1...N.
    ///   - memory: bytes for a tile of the kernel and the standardised panels that make it, the same on every rank.
    public init(
        test: Logits, train: Logits, transform: Transform, neighbours: Int, grid: RankGrid, threads: Int, memory: Int
    ) {
        precondition(test.runs == train.runs && test.classes == train.classes)
        precondition((1...train.examples).contains(neighbours))
        self.test = test
        self.train = train
        self.transform = transform
        self.neighbours = neighbours
        self.grid = grid
        self.threads = threads
        self.memory = memory
    }

    /// Runs the search. Collective over the grid's world: every rank calls it.
    ///
    /// - Parameter progress: told the fraction done of this rank's products, now and then.
    /// - Throws: ``AgreedFailure`` on every rank where a logit is not finite.
    public func run(progress: (Double) -> Void) throws -> Result {
        openblas_set_num_threads(CInt(threads))
        let slice = grid.runs(of: test.runs)
        let columns = grid.columns(of: train.examples)
        var result = Result()
        let (testMoments, trainMoments) = try result.seconds.measure(\.read) {
            (
                try moments(of: test, slice: slice, examples: 0..<test.examples),
                try moments(of: train, slice: slice, examples: columns)
            )
        }
        result.zeroVarianceTest = testMoments.zeroVariance
        result.zeroVarianceTrain = try grid.trainAxis.allreduce(trainMoments.zeroVariance, .sum)

        let tiling = Tiling(
            runs: Partition(test.runs, grid.shape.runs).range(of: 0).count, test: test.examples,
            train: Partition(train.examples, grid.shape.train).range(of: 0).count, classes: test.classes,
            bytes: memory)
        let depth = tiling.runs * test.classes
        var testPanel = StandardisedPanel(depth: depth, columns: tiling.rows)
        var trainPanel = StandardisedPanel(depth: depth, columns: tiling.columns)
        var tile = KernelTile(rows: tiling.rows, columns: tiling.columns)
        let weight = 1 / Float(test.runs * test.classes)
        let runBlocks = Tiling.pieces(of: slice, size: tiling.runs)
        let testTiles = Tiling.pieces(of: 0..<test.examples, size: tiling.rows)
        let trainTiles = Tiling.pieces(of: columns, size: tiling.columns)
        var productsDone = 0
        let products = max(1, runBlocks.count * testTiles.count * trainTiles.count)

        for rows in testTiles {
            let ownRows = Partition(rows.count, grid.shape.runs).range(of: grid.runsAxis.rank)
            var lists = NeighbourLists(rows: ownRows.count, k: neighbours)
            for columns in trainTiles {
                tile.clear(rows: rows.count, columns: columns.count)
                for runs in runBlocks {
                    try result.seconds.measure(\.standardise) {
                        try testPanel.fill(
                            from: test, runs: runs, examples: rows, moments: testMoments, transform: transform,
                            threads: threads)
                        try trainPanel.fill(
                            from: train, runs: runs, examples: columns, moments: trainMoments, transform: transform,
                            threads: threads)
                    }
                    result.seconds.measure(\.product) { tile.addProduct(testPanel, trainPanel, weight: weight) }
                    productsDone += 1
                    progress(Double(productsDone) / Double(products))
                }
                try result.seconds.measure(\.reduce) { try tile.sum(over: grid.runsAxis) }
                try result.seconds.measure(\.select) {
                    try lists.offer(
                        tile.values, columns: columns.count, rows: ownRows, firstIndex: columns.lowerBound,
                        threads: threads)
                }
            }
            let merged = try result.seconds.measure(\.select) { try lists.merged(over: grid.trainAxis) }
            let own = merged.rows.shifted(by: rows.lowerBound + ownRows.lowerBound)
            result.parts.append((rows: own, lists: merged.lists))
        }
        return result
    }

    private func moments(of logits: Logits, slice: Range<Int>, examples: Range<Int>) throws -> Moments {
        try Moments.overRuns(
            slice, of: logits, examples: examples, transform: transform, threads: threads, world: grid.world,
            runsAxis: grid.runsAxis)
    }
}
