import MessagePassing

/// Finds the nearest train examples of every test example by the ensemble kernel, over all ranks.
///
/// The way of the data, one type a stage: ``Logits`` -> ``Moments`` -> `ScreenPanel` -> `KernelTile` (products, then
/// their sum over the runs axis) -> `CandidateLists` -> `Refinement` -> `ExactNeighbours` (both in a `Shortlist`) ->
/// their merge over the train axis -> ``NeighbourLists``. All pairs are compared in a narrow arithmetic with known error,
/// the few that may be neighbours are computed exactly; the result is the same for any number of ranks, grid, threads,
/// memory and screen.
public struct NeighbourSearch {
    /// What one rank has when the search is over: the neighbours of its share of the test examples.
    public struct Result {
        /// The test examples that this rank has, and their neighbours, in ascending order.
        public internal(set) var parts: [NeighbourLists.Part] = []
        /// (example, class) of the test examples that are the same in all runs.
        public internal(set) var zeroVarianceTest = 0
        /// (example, class) of the train examples that are the same in all runs.
        public internal(set) var zeroVarianceTrain = 0
        /// Pairs that this rank computed from high digits, to see which have to be computed exactly.
        public internal(set) var narrowedPairs = 0
        /// Pairs that this rank computed exactly.
        public internal(set) var refinedPairs = 0
        /// This rank's time by phase.
        public internal(set) var seconds = PhaseSeconds()
    }

    let test, train: Logits
    let transform: Transform
    let neighbours: Int
    let screen: Screen
    let grid: RankGrid
    let threads: Int
    let memory: Int

    /// - Parameters:
    ///   - test: logits (R, T, C) of the examples whose neighbours are wanted.
    ///   - train: logits (R, N, C) of the examples to find them among.
    ///   - neighbours: how many of each to keep, in 1...N.
    ///   - memory: bytes for tiles, panels and lists, the same on every rank.
    public init(
        test: Logits, train: Logits, transform: Transform, neighbours: Int, screen: Screen,
        grid: RankGrid, threads: Int, memory: Int
    ) {
        precondition(test.runs == train.runs && test.classes == train.classes)
        precondition((1...train.examples).contains(neighbours))
        self.test = test
        self.train = train
        self.transform = transform
        self.neighbours = neighbours
        self.screen = screen
        self.grid = grid
        self.threads = threads
        self.memory = memory
    }

    /// Runs the search. Collective over the grid's world: every rank calls it.
    ///
    /// - Parameters:
    ///   - checkpoint: where to keep what is found, and to go on from; nil for nowhere.
    ///   - stage: name of this search among those of the job.
    ///   - progress: told the fraction done of this rank's products, now and then.
    /// - Throws: ``AgreedFailure`` on every rank where a logit is not finite or a file changes, where the checkpoint is of another
    ///   search, or (75) where the job is asked to stop.
    public func run(
        checkpoint: Checkpoint? = nil, stage: String = "neighbours", progress: (Double) -> Void
    ) throws -> Result {
        try run(screeningBy: screen.element, checkpoint, stage, progress)
    }

    private func run<Element: ScreenElement>(
        screeningBy _: Element.Type, _ checkpoint: Checkpoint?, _ stage: String, _ progress: (Double) -> Void
    ) throws -> Result {
        let columns = grid.columns(of: train.examples)
        var result = Result()
        let (testMoments, trainMoments) = try result.seconds.measure(\.read) {
            (
                try moments(of: test, examples: 0..<test.examples, sharedBy: grid.world),
                try moments(of: train, examples: columns, sharedBy: grid.runsAxis)
            )
        }
        result.zeroVarianceTest = testMoments.zeroVariance
        result.zeroVarianceTrain = try grid.trainAxis.allreduce(trainMoments.zeroVariance, .sum)

        let tiling = Tiling(
            runs: grid.mostRuns(of: test.runs), test: test.examples, train: grid.mostColumns(of: train.examples),
            classes: test.classes, neighbours: neighbours, trainRanks: grid.shape.train,
            countBytes: MemoryLayout<Element>.stride, bytes: memory)
        var screening = try Screening<Element>(self, tiling, testMoments, trainMoments)
        let largest = max(testMoments.largest.max() ?? 0, trainMoments.largest.max() ?? 0)
        let unit = FixedPoint(
            runs: test.runs, classes: test.classes, largest: try grid.world.allreduce(largest, .max))
        let refinement = Refinement(
            test: test, train: train, testMoments: testMoments, trainMoments: trainMoments,
            trainClasses: trainMoments.likeliestClasses(), transform: transform, unit: unit, grid: grid,
            threads: threads, memory: tiling.refinementBytes)
        var found = try checkpoint.map {
            try FoundNeighbours(
                $0, stage: stage, job: job(testMoments, trainMoments), rows: test.examples,
                columns: train.examples, k: neighbours, world: grid.world)
        }
        result.parts = (found?.restored ?? []).map { ($0.rows, $0.nearest.lists(in: unit)) }
        let testTiles = found?.tiles(tiling) ?? tiling.testTiles
        var rowsDone = test.examples - testTiles.reduce(0) { $0 + $1.count }

        for rows in testTiles {
            var shortlist = Shortlist(k: neighbours, rows: rows, columns: columns, refinement: refinement)
            screening.beginTestTile()
            let tile = try TestTile(rows, columns, begun: found?.begun, tiling, grid)
            if let known = tile.known { try shortlist.begin(with: known, &result) }
            for (number, columns) in tile.trainTiles.enumerated() {
                try screening.offer(rows, columns, to: &shortlist, &result.seconds)
                ResidentMemory.notePeak()
                let share = Double(number + 1) / Double(tile.trainTiles.count)
                progress((Double(rowsDone) + Double(rows.count) * share) / Double(test.examples))
                if number + 1 < tile.trainTiles.count {
                    try shortlist.review(tilesSeen: number + 1, limit: tiling.candidates, &result)
                }
                try found?.pause(rowsDone: rowsDone, requireUnchanged) {
                    FoundNeighbours.Begun(
                        rows: shortlist.ownRows.shifted(by: rows.lowerBound),
                        columns: try tile.seen(after: number + 1, grid), known: try shortlist.unfinished(&result))
                }
            }
            let part = try shortlist.neighbours(&result)
            result.parts.append((part.rows, part.nearest.lists(in: unit)))
            rowsDone += rows.count
            found?.add(part)
            try found?.pause(rowsDone: rowsDone, requireUnchanged)
        }
        try requireUnchanged()
        return result
    }

    /// Sees that what was found is of files that have not changed meanwhile. Collective over the grid.
    private func requireUnchanged() throws {
        try grid.world.agree {
            try test.requireUnchanged()
            try train.requireUnchanged()
        }
    }

    /// What must be the same for one search to go on where another stopped. Collective over the grid.
    private func job(_ testMoments: Moments, _ trainMoments: Moments) throws -> [String: String] {
        let ofTrain = try grid.trainAxis.allreduce(trainMoments.fingerprint, .sum)
        return [
            "--transform": transform.rawValue, "number of runs": "\(test.runs)", "number of classes": "\(test.classes)",
            "number of rows": "\(test.examples)", "number of columns": "\(train.examples)",
            "number of neighbours (--k-max)": "\(neighbours)",
            "values of the logits of the rows": String(UInt(bitPattern: testMoments.fingerprint), radix: 16),
            "values of the logits of the columns": String(UInt(bitPattern: ofTrain), radix: 16),
        ]
    }

    private func moments(of logits: Logits, examples: Range<Int>, sharedBy axis: Communicator) throws -> Moments {
        try Moments.overRuns(
            of: logits, examples: examples, transform: transform, threads: threads, world: grid.world, axis: axis)
    }
}
