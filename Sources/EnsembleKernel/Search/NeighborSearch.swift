import Ensembles
import MessagePassing
import ParallelRanges

/// Finds the nearest training examples of every test example by the ensemble kernel, over all ranks.
///
/// The path of the data, one type per stage: `Logits` -> ``Moments`` -> `Screening` (panels of codes, a tile of their
/// products, its sum over the runs axis) -> `CandidateLists` -> `Refinement` -> `ExactNeighbors` (both in a
/// `Shortlist`) -> their merge over the train axis -> ``NeighborLists``. All pairs are compared in a narrow
/// arithmetic with known error, and the few that may be neighbors are computed exactly; the result is the same for any
/// number of ranks, grid, threads, memory and screen.
public struct NeighborSearch {
    /// The result of a search on one rank: the neighbors of its share of the test examples.
    public struct Result {
        /// This rank's test examples and their neighbors, in ascending order.
        public internal(set) var parts: [NeighborLists.OfExamples] = []
        /// What is the same in all runs, of the test and of the training examples.
        public internal(set) var zeroVariance = (test: ZeroVariance(), train: ZeroVariance())
        /// This rank's work and time.
        public internal(set) var counters = SearchCounters()
    }

    private(set) var problem: SearchProblem
    private let neighbors: Int
    /// Whether rows and columns are the same examples, none of which is its own neighbor.
    private let leavesOutSelf: Bool
    private let screen: Screen
    private let memory: Int

    /// Number of neighbors sought: one more if the example itself, the nearest of all, is left out afterwards.
    private var sought: Int { neighbors + (leavesOutSelf ? 1 : 0) }
    /// Number of examples whose neighbors are sought.
    var rows: Int { problem.test.examples }
    /// This rank's place in the process grid.
    public var grid: RankGrid { problem.grid }

    /// A search for neighbors of `test` among `train`.
    ///
    /// - Parameters:
    ///   - test: Logits (R, T, C) of the examples whose neighbors are sought.
    ///   - train: Logits (R, N, C) of the examples among which they are sought.
    ///   - neighbors: Number of neighbors to keep for each, in 1...N, or 1..<N if the example itself is left out.
    ///   - leavesOutSelf: Whether `test` and `train` are the same examples, and none is its own neighbor.
    ///   - memory: Bytes for tiles, panels and lists, the same on every rank.
    public init(
        test: Logits, train: Logits, neighbors: Int, leavesOutSelf: Bool = false, transform: Transform, screen: Screen,
        grid: RankGrid, threads: Int, memory: Int
    ) {
        precondition(test.runs == train.runs && test.classes == train.classes)
        precondition(1...train.examples - (leavesOutSelf ? 1 : 0) ~= neighbors)
        problem = SearchProblem(test: test, train: train, transform: transform, grid: grid, threads: threads)
        self.neighbors = neighbors
        self.leavesOutSelf = leavesOutSelf
        self.screen = screen
        self.memory = memory
    }

    /// The same search by the locally scaled kernel: neighbors are those of the largest S, and similarities are S.
    public func scaled(by scaling: LocalScaling) -> NeighborSearch {
        precondition(
            scaling.rows.count == problem.test.examples && scaling.columns.count == problem.train.examples)
        var search = self
        search.problem.scaling = scaling
        return search
    }

    /// Runs the search. Collective over the grid's world: every rank calls it.
    ///
    /// - Parameters:
    ///   - checkpoint: Where to save the neighbors found so far, and to resume from; nil for no checkpoint.
    ///   - stage: The name of this search among those of the job.
    ///   - progress: Called now and then with the fraction of this rank's products that is done.
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite or a file changes while the moments are
    ///   computed or at the end, if the checkpoint is of another search, or (75) if the job is asked to stop;
    ///   `UserError` on the rank that meets a logit that is not finite in between; `MPIError`.
    public func run(
        checkpoint: Checkpoint? = nil, stage: CheckpointStage = .prediction, progress: (Double) -> Void
    ) throws -> Result {
        let (test, train) = (problem.test, problem.train)
        var result = Result()
        let (testMoments, trainMoments) = try result.counters.seconds.measure(\.read) {
            let ofTest = try moments(of: test, examples: 0..<test.examples, sharedBy: grid.world)
            return (
                ofTest,
                leavesOutSelf ? ofTest : try moments(of: train, examples: problem.columns, sharedBy: grid.runsAxis)
            )
        }
        result.zeroVariance = (testMoments.zeroVariance, try zeroVariance(ofTrain: trainMoments))

        let largest = max(testMoments.largest.max() ?? 0, trainMoments.largest.max() ?? 0)
        let unit = FixedPoint(problem.kernel, largest: try grid.world.allreduce(largest, .max))
        var saved = try checkpoint.map {
            try NeighborCheckpoint(
                $0, stage: stage, job: job(testMoments, trainMoments, unit), rows: test.examples,
                columns: train.examples, k: sought, world: grid.world)
        }
        result.parts = (saved?.restored ?? []).map { lists(of: $0, in: unit) }
        let tiling = Tiling(
            runs: grid.mostRuns(of: test.runs), test: test.examples, train: grid.mostColumns(of: train.examples),
            classes: test.classes, neighbors: sought, trainRanks: grid.shape.train,
            isSymmetric: leavesOutSelf && saved?.allowsHalfSquare != false, codeBytes: screen.backend.codeBytes,
            bytes: memory)
        if !tiling.isHalved { saved?.divideHalfSquare() }
        var screening = try Screening(problem, screen.backend, tiling, testMoments, trainMoments, unit: unit)
        let refinement = Refinement(
            problem: problem, testMoments: testMoments, trainMoments: trainMoments,
            trainClasses: trainMoments.likeliestClasses(of: problem.columns), unit: unit,
            columnsAreRows: tiling.isHalved, memory: tiling.refinementBytes)
        let tiles = saved?.tiles(ofAtMost: tiling.rows) ?? tiling.testTiles
        var rowsDone = test.examples - tiles.totalCount

        for examples in tiles {
            let rows = QueryRows(examples, rank: grid.runsAxis.rank, of: grid.shape.runs)
            var shortlist = Shortlist(k: sought, rows: rows, columns: problem.columns, refinement: refinement)
            screening.beginQueryTile()
            let tile = try QueryTile(rows, ofColumns: train.examples, begun: saved?.begun ?? [], tiling, grid)
            if let known = tile.known { try shortlist.begin(with: known) }
            // A snapshot of this tile alone would replace what is known of rows still to come.
            let savesTile = saved?.hasBegun(after: rows.examples) != true
            for (number, part) in tile.parts.enumerated() {
                try screening.offer(part, of: rows, to: &shortlist.candidates)
                if grid.runsAxis.rank == 0 { result.counters.comparedPairs += part.pairs }
                ResidentMemory.notePeak()
                let share = Double(number + 1) / Double(tile.parts.count)
                progress((Double(rowsDone) + Double(rows.count) * share) / Double(test.examples))
                if number + 1 < tile.parts.count {
                    try shortlist.review(tilesSeen: number + 1, limit: tiling.candidates)
                }
                try saved?.pause(rowsDone: rowsDone, requireUnchanged) {
                    guard savesTile else { return nil }
                    return NeighborCheckpoint.Begun(
                        rows: rows.shareExamples, columns: try tile.seen(after: number + 1, grid),
                        halfSquare: tile.halfSquare, known: try shortlist.partialRows())
                }
            }
            let found = try shortlist.neighbors()
            result.counters += shortlist.counters
            result.parts.append(lists(of: found, in: unit))
            rowsDone += rows.count
            saved?.add(found)
            try saved?.pause(rowsDone: rowsDone, requireUnchanged)
        }
        try requireUnchanged()
        result.counters.seconds += screening.seconds
        return result
    }

    private func lists(of found: ExactNeighbors.OfExamples, in unit: FixedPoint) -> NeighborLists.OfExamples {
        let lists = found.nearest.lists { row, product in
            let similarity = unit.similarity(product)
            return problem.scaling?.similarity(similarity, row: found.rows.lowerBound + row) ?? similarity
        }
        return (found.rows, leavesOutSelf ? lists.withoutSelf(rows: found.rows) : lists)
    }

    /// What is the same in all runs, of the training examples of all ranks. Collective over the grid.
    private func zeroVariance(ofTrain moments: Moments) throws -> ZeroVariance {
        let own = moments.zeroVariance
        guard !leavesOutSelf else { return own }
        let sums = try grid.trainAxis.allreduce([own.outputs, own.examples], .sum)
        return ZeroVariance(outputs: sums[0], examples: sums[1])
    }

    /// Checks that the files have not changed since they were opened. Collective over the grid.
    private func requireUnchanged() throws {
        try grid.world.agree {
            try problem.test.requireUnchanged()
            try problem.train.requireUnchanged()
        }
    }

    /// The properties that must be equal to resume a search. Collective over the grid.
    private func job(
        _ testMoments: Moments, _ trainMoments: Moments, _ unit: FixedPoint
    ) throws -> [JobProperty: String] {
        let ofTrain =
            leavesOutSelf
            ? testMoments.fingerprint : try grid.trainAxis.allreduce(trainMoments.fingerprint, .sum)
        var job: [JobProperty: String] = [
            .transform: problem.transform.rawValue, .runs: "\(problem.test.runs)", .classes: "\(problem.test.classes)",
            .rows: "\(problem.test.examples)", .columns: "\(problem.train.examples)", .neighbors: "\(neighbors)",
            .rowLogits: String(UInt(bitPattern: testMoments.fingerprint), radix: 16),
            .columnLogits: String(UInt(bitPattern: ofTrain), radix: 16), .unit: "2^-\(unit.fractionBits)",
        ]
        // r follows from the logits and this.
        job[.scaling] = problem.scaling.map { "\($0.nearest)" }
        return job
    }

    private func moments(of logits: Logits, examples: Range<Int>, sharedBy axis: Communicator) throws -> Moments {
        try Moments.overRuns(
            of: logits, examples: examples, transform: problem.transform, threads: problem.threads, world: grid.world,
            axis: axis)
    }
}

extension NeighborLists {
    /// The neighbors of examples among themselves, one fewer: without the example itself or, if so many others are
    /// equally near that it is not in the list, without the last one.
    func withoutSelf(rows: Range<Int>) -> NeighborLists {
        var (others, ofOthers): ([Int64], [Float]) = ([], [])
        for (row, example) in rows.enumerated() {
            let places = row * k..<(row + 1) * k
            let own = places.first { indices[$0] == Int64(example) } ?? places.upperBound - 1
            for place in places where place != own {
                others.append(indices[place])
                ofOthers.append(similarities[place])
            }
        }
        return NeighborLists(k: k - 1, similarities: ofOthers, indices: others)
    }
}
