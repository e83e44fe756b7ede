import CVectorKernels
import MessagePassing

/// The inner products of the few pairs that a screen leaves, in fixed point: first nearly, of high digits alone, then exact.
struct Refinement {
    let test, train: Logits
    let testMoments, trainMoments: Moments
    /// The class that the ensemble takes each of this rank's train examples for.
    let trainClasses: [Int]
    let transform: Transform
    /// The unit of z.
    let unit: FixedPoint
    let grid: RankGrid
    let threads: Int
    /// Bytes for the panels.
    let memory: Int

    /// Numbers of a row that the inner loops take at once, a multiple of what their sums of 32 bits hold; and bytes of the
    /// train examples that test examples are held against together, which the second-level cache holds.
    private static let (usualDepth, blockBytes) = (480, 256 << 10)

    /// Blocks that so many runs usually make.
    static func usualBlocks(runs: Int, classes: Int) -> Int {
        let runsOfBlock = max(1, usualDepth / classes)
        return (runs + runsOfBlock - 1) / runsOfBlock
    }

    /// Bytes that the panels of so many test and train examples usually take.
    static func usualBytes(rows: Int, columns: Int) -> Int { (rows + columns) * usualDepth * VKBothDigits.bytes }

    /// The similarities of pairs from high digits alone, and how far they are off at most. Collective over the grid.
    func nearSimilarities(
        of own: Pairs, rows: Range<Int>, columns: Range<Int>
    ) throws -> (similarities: [Double], error: Double) {
        let (sums, missed) = try products(of: own, keeping: VKHighDigits, rows: rows, columns: columns)
        return (sums.map(unit.nearSimilarity), unit.nearError(missed.test, missed.train))
    }

    /// The exact products of pairs. Collective over the grid.
    func products(of own: Pairs, rows: Range<Int>, columns: Range<Int>) throws -> [Int64] {
        try products(of: own, keeping: VKBothDigits, rows: rows, columns: columns).sums
    }

    /// Of the digits that are not kept, the largest sums of squares of a test and of a train example.
    private typealias Missed = (test: Int64, train: Int64)

    /// The products of pairs of this rank's share of the test examples `rows` and its train examples `columns`: exact, or
    /// those of the high digits, in the square of their unit.
    ///
    /// Collective over the grid. The ranks of a runs axis exchange their pairs; each sums the products of its own runs
    /// for all of them; and the sums come back to where the pairs are:
    ///
    ///     rank 0: pairs of rows 0 1  |                          |                      | [ products of rows 0 1 ]
    ///     rank 1: pairs of rows 2 3  |  -> Allgather -> all ->  |  -> Reduce_scatter -> | [ products of rows 2 3 ]
    private func products(
        of own: Pairs, keeping digits: VKDigits, rows: Range<Int>, columns: Range<Int>
    ) throws -> (sums: [Int64], missed: Missed) {
        let pairs = try own.gathered(over: grid.runsAxis)
        let (sums, ownMissed) = try ownProducts(of: pairs, keeping: digits, rows: rows, columns: columns)
        // Each rank has seen some of the examples, and its own runs of them.
        var missed = [ownMissed.test, ownMissed.train]
        try grid.trainAxis.allreduce(missed.mutableSpan, .max)
        try grid.runsAxis.allreduce(missed.mutableSpan, .sum)
        guard grid.runsAxis.size > 1 else { return (sums, (missed[0], missed[1])) }
        var result = [Int64](repeating: 0, count: own.count)
        let counts = try grid.runsAxis.allgather(own.count)
        try grid.runsAxis.reduceScatter(sums.span, counts: counts, into: result.mutableSpan, .sum)
        return (result, (missed[0], missed[1]))
    }

    /// The products of this rank's runs.
    private func ownProducts(
        of pairs: Pairs, keeping digits: VKDigits, rows: Range<Int>, columns: Range<Int>
    ) throws -> (sums: [Int64], missed: Missed) {
        let runs = grid.runs(of: test.runs)
        let mostRuns = grid.mostRuns(of: test.runs)
        let runsOfBlock = runsOfBlock(rows: rows.count, of: mostRuns, digits)
        let rowBytes = DigitPanel.depth(runs: runsOfBlock, classes: test.classes) * digits.bytes
        let columnsOfPanel = max(1, min(columns.count, memory / 2 / rowBytes))
        let order = PairOrder(
            pairs, columns: columns, classes: trainClasses, columnsOfPanel: columnsOfPanel,
            columnsOfBlock: min(columnsOfPanel, max(1, Self.blockBytes / rowBytes)))
        var sums = [Int64](repeating: 0, count: pairs.count)
        var testPanel = DigitPanel(examples: rows.count, runs: runsOfBlock, classes: test.classes, kept: digits)
        var trainPanel = DigitPanel(examples: columnsOfPanel, runs: runsOfBlock, classes: test.classes, kept: digits)
        var missed: Missed = (0, 0)
        for runs in Tiling.pieces(of: runs, count: (mostRuns + runsOfBlock - 1) / runsOfBlock) {
            try testPanel.fill(
                from: test, runs: runs, examples: rows, moments: testMoments, transform: transform, unit: unit,
                threads: threads, sharedBy: grid.hostAxis)
            missed.test += testPanel.missed
            guard !runs.isEmpty else { continue }
            var missedOfTrain: Int64 = 0
            for panel in order.panels {
                try trainPanel.fill(
                    from: train, runs: runs, examples: panel.columns, at: panel.places, moments: trainMoments,
                    transform: transform, unit: unit, threads: threads)
                missedOfTrain = max(missedOfTrain, trainPanel.missed)
                add(to: &sums, order, panel.pairs, testPanel, trainPanel)
            }
            missed.train += missedOfTrain
            ResidentMemory.notePeak()
        }
        return (order.restored(sums), missed)
    }

    /// Adds the products of some pairs, whose train examples are in the train panel.
    private func add(
        to sums: inout [Int64], _ order: PairOrder, _ pairs: Range<Int>, _ test: DigitPanel, _ train: DigitPanel
    ) {
        let (kept, depth) = (test.kept, test.depth)
        nonisolated(unsafe) let (a, b) = (test.digits.start, train.digits.start)
        sums.withUnsafeMutableBufferPointer { sums in
            order.rows.withUnsafeBufferPointer { rows in
                order.places.withUnsafeBufferPointer { places in
                    nonisolated(unsafe) let (sums, rows, places) = (sums, rows, places)
                    concurrently(over: pairs.count, threads: threads) { own in
                        let own = own.shifted(by: pairs.lowerBound)
                        guard !own.isEmpty else { return }
                        vk_add_digit_products(
                            kept, a, b, depth, rows.baseAddress! + own.lowerBound,
                            places.baseAddress! + own.lowerBound, own.count, sums.baseAddress! + own.lowerBound)
                    }
                }
            }
        }
    }

    /// How many runs fit into the memory together with all rows, and no more than make the inner loops fast.
    private func runsOfBlock(rows: Int, of runs: Int, _ digits: VKDigits) -> Int {
        let bytesOfRun = (rows + 1) * DigitPanel.depth(runs: 1, classes: test.classes) * digits.bytes
        return max(1, min(runs, Self.usualDepth / test.classes, memory / (2 * bytesOfRun)))
    }
}
