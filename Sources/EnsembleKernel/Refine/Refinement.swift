import CSIMDKernels
import Ensembles
import MessagePassing
import ParallelRanges

/// The inner products of the few pairs that a screen leaves, in fixed point: first approximate, from high limbs alone,
/// then exact.
struct Refinement {
    let problem: SearchProblem
    let testMoments, trainMoments: Moments
    /// The class that the ensemble predicts for each of this rank's training examples.
    let trainClasses: [Int]
    /// The unit of z.
    let unit: FixedPoint
    /// Whether the pairs are those of a half square: the training examples are among the test examples of the tile.
    let columnsAreRows: Bool
    /// Bytes of memory for the panels.
    let memory: Int

    /// Bytes of a block of training examples that are multiplied together, which fits in the second-level cache.
    private static let blockBytes = 256 << 10

    /// The similarities of pairs from high limbs alone, less the offsets of their columns, and the largest error.
    /// Collective over the grid.
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `MPIError`.
    func nearSimilarities(
        of own: CandidatePairs, rows: Range<Int>, columns: Range<Int>
    ) throws -> (similarities: [Double], error: Double) {
        let (sums, dropped) = try products(of: own, keeping: EKHighLimb, rows: rows, columns: columns)
        var similarities = sums.map(unit.nearSimilarity)
        if let scaling = problem.scaling {
            for pair in similarities.indices { similarities[pair] -= scaling.offset(ofColumn: Int(own.columns[pair])) }
        }
        return (similarities, unit.nearError(dropped.test, dropped.train))
    }

    /// The exact products of pairs, less the offsets of their columns. Collective over the grid.
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `MPIError`.
    func products(of own: CandidatePairs, rows: Range<Int>, columns: Range<Int>) throws -> [Int64] {
        var sums = try products(of: own, keeping: EKBothLimbs, rows: rows, columns: columns).sums
        if let scaling = problem.scaling {
            for pair in sums.indices {
                sums[pair] -= unit.product(ofSimilarity: scaling.offset(ofColumn: Int(own.columns[pair])))
            }
        }
        return sums
    }

    /// The largest sums of squares of the limbs that are not kept, of a test and of a training example.
    private typealias DroppedSquares = (test: Int64, train: Int64)

    /// The products of pairs of this rank's share of the test examples `rows` and its training examples `columns`:
    /// exact, or those of the high limbs, in the square of their unit.
    ///
    /// Collective over the grid. The ranks of a runs axis exchange their pairs; each sums the products of its own runs
    /// for all of them; and the sums return to the ranks of the pairs:
    ///
    ///     rank 0: pairs of rows 0 1  |                          |                      | [ products of rows 0 1 ]
    ///     rank 1: pairs of rows 2 3  |  -> Allgather -> all ->  |  -> Reduce_scatter -> | [ products of rows 2 3 ]
    private func products(
        of own: CandidatePairs, keeping limbs: EKLimbs, rows: Range<Int>, columns: Range<Int>
    ) throws -> (sums: [Int64], dropped: DroppedSquares) {
        let grid = problem.grid
        let pairs = try own.gathered(over: grid.runsAxis)
        let (sums, ownDropped) = try ownProducts(of: pairs, keeping: limbs, rows: rows, columns: columns)
        // Each rank has seen some of the examples, and its own runs of them.
        var dropped = [ownDropped.test, ownDropped.train]
        try grid.trainAxis.allreduce(dropped.mutableSpan, .max)
        try grid.runsAxis.allreduce(dropped.mutableSpan, .sum)
        guard grid.runsAxis.size > 1 else { return (sums, (dropped[0], dropped[1])) }
        var result = [Int64](repeating: 0, count: own.count)
        let counts = try grid.runsAxis.allgather(own.count)
        try grid.runsAxis.reduceScatter(sums.span, counts: counts, into: result.mutableSpan, .sum)
        return (result, (dropped[0], dropped[1]))
    }

    /// The products summed over this rank's runs.
    private func ownProducts(
        of pairs: CandidatePairs, keeping limbs: EKLimbs, rows: Range<Int>, columns: Range<Int>
    ) throws -> (sums: [Int64], dropped: DroppedSquares) {
        let (test, train, threads) = (problem.test, problem.train, problem.threads)
        let mostRuns = problem.grid.mostRuns(of: test.runs)
        let runsOfBlock = runsOfBlock(rows: rows.count, of: mostRuns, limbs)
        let rowBytes = LimbPanel.depth(runs: runsOfBlock, classes: test.classes) * limbs.bytes
        let distinct = columnsAreRows ? DistinctPairs(pairs, rows: rows, columns: columns) : nil
        let columnsOfPanel = max(1, columnsAreRows ? columns.count : min(columns.count, memory / 2 / rowBytes))
        let order = PairOrder(
            distinct?.pairs ?? pairs, columns: columns,
            inPanelFrom: columnsAreRows ? columns.lowerBound - rows.lowerBound : nil, classes: trainClasses,
            columnsOfPanel: columnsOfPanel, columnsOfBlock: min(columnsOfPanel, max(1, Self.blockBytes / rowBytes)))
        var sums = [Int64](repeating: 0, count: order.rows.count)
        var testPanel = LimbPanel(examples: rows.count, runs: runsOfBlock, classes: test.classes, kept: limbs)
        var trainPanel = LimbPanel(
            examples: columnsAreRows ? 0 : columnsOfPanel, runs: runsOfBlock, classes: test.classes, kept: limbs)
        var dropped: DroppedSquares = (0, 0)
        for runs in problem.runs.pieces(max(1, (mostRuns + runsOfBlock - 1) / runsOfBlock)) {
            try testPanel.fill(
                from: test, runs: runs, examples: rows, moments: testMoments, transform: problem.transform, unit: unit,
                threads: threads, sharedBy: problem.grid.hostAxis)
            dropped.test += testPanel.droppedSquares
            guard !runs.isEmpty else { continue }
            var droppedOfTrain: Int64 = 0
            if columnsAreRows {
                droppedOfTrain = testPanel.droppedSquares
                add(to: &sums, order, 0..<sums.count, testPanel, testPanel)
            }
            for panel in columnsAreRows ? [] : order.panels {
                try trainPanel.fill(
                    from: train, runs: runs, examples: panel.columns, at: panel.places, moments: trainMoments,
                    transform: problem.transform, unit: unit, threads: threads)
                droppedOfTrain = max(droppedOfTrain, trainPanel.droppedSquares)
                add(to: &sums, order, panel.pairs, testPanel, trainPanel)
            }
            dropped.train += droppedOfTrain
            ResidentMemory.notePeak()
        }
        let restored = order.restored(sums)
        return (distinct?.restored(restored) ?? restored, dropped)
    }

    /// Adds the products of some pairs, whose training examples are in the train panel.
    private func add(
        to sums: inout [Int64], _ order: PairOrder, _ pairs: Range<Int>, _ test: borrowing LimbPanel,
        _ train: borrowing LimbPanel
    ) {
        let (kept, depth) = (test.kept, test.depth)
        nonisolated(unsafe) let (a, b) = (test.limbs.start, train.limbs.start)
        sums.withUnsafeMutableBufferPointer { sums in
            order.rows.withUnsafeBufferPointer { rows in
                order.places.withUnsafeBufferPointer { places in
                    nonisolated(unsafe) let (sums, rows, places) = (sums, rows, places)
                    concurrently(over: pairs.count, threads: problem.threads) { own in
                        let own = own.shifted(by: pairs.lowerBound)
                        guard !own.isEmpty else { return }
                        ek_add_limb_products(
                            kept, a, b, depth, rows.baseAddress! + own.lowerBound,
                            places.baseAddress! + own.lowerBound, own.count, sums.baseAddress! + own.lowerBound)
                    }
                }
            }
        }
    }

    /// Number of runs that fit in the memory together with all rows, but no more than make the inner loops fast.
    private func runsOfBlock(rows: Int, of runs: Int, _ limbs: EKLimbs) -> Int {
        let classes = problem.test.classes
        let bytesOfRun = (rows + 1) * LimbPanel.depth(runs: 1, classes: classes) * limbs.bytes
        return max(1, min(runs, SearchConstants.limbDepth / classes, memory / (2 * bytesOfRun)))
    }
}
