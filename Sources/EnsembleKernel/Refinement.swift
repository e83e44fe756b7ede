import CVectorKernels
import MessagePassing

/// The exact inner products of the few pairs that a screen leaves, in fixed point.
struct Refinement {
    let test, train: Logits
    let testMoments, trainMoments: Moments
    let transform: Transform
    let grid: RankGrid
    let threads: Int
    /// Bytes for the panels.
    let memory: Int

    /// Floats of a row that the inner loops take at once, long enough to be fast; and bytes of the train examples that
    /// test examples are held against together. A test example is read from memory for each of these panels and meets
    /// few of its examples: large panels were faster than those that fit the second-level cache.
    private static let (usualDepth, panelBytes) = (320, 8 << 20)

    /// Bytes that the panels of so many test examples usually take.
    static func usualBytes(rows: Int) -> Int { rows * usualDepth * MemoryLayout<Float>.stride + panelBytes }

    /// The unit of the products.
    var unit: FixedPoint { FixedPoint(runs: test.runs, classes: test.classes) }

    /// The exact products of some train examples with each of the `ownRows` of the test examples `rows`; all are among
    /// this rank's train examples `columns`, and ascend.
    ///
    /// Collective over the grid. The ranks of a runs axis exchange their pairs; each sums the products of its own runs
    /// for all of them; and the sums come back to where the pairs are:
    ///
    ///     rank 0: pairs of rows 0 1  |                          |                      | [ products of rows 0 1 ]
    ///     rank 1: pairs of rows 2 3  |  -> Allgather -> all ->  |  -> Reduce_scatter -> | [ products of rows 2 3 ]
    func products(
        of indices: [[Int32]], rows: Range<Int>, columns: Range<Int>
    ) throws -> [[(product: Int64, index: Int64)]] {
        let own = Pairs(indices)
        let pairs = try own.gathered(over: grid.runsAxis)
        var sums = [Int64](repeating: 0, count: pairs.columns.count)
        try add(to: &sums, pairs, rows: rows, columns: columns)
        guard grid.runsAxis.size > 1 else { return own.rows(of: sums) }
        var result = [Int64](repeating: 0, count: own.columns.count)
        let counts = try grid.runsAxis.allgather(own.columns.count)
        try grid.runsAxis.reduceScatter(sums.span, counts: counts, into: result.mutableSpan, .sum)
        return own.rows(of: result)
    }

    /// Adds the products of this rank's runs.
    private func add(
        to sums: inout [Int64], _ pairs: Pairs, rows: Range<Int>, columns: Range<Int>
    ) throws {
        let runs = grid.runs(of: test.runs)
        let mostRuns = grid.mostRuns(of: test.runs)
        let runsOfBlock = runsOfBlock(rows: rows.count, of: mostRuns)
        let depth = ExamplePanel.depth(runs: runsOfBlock, classes: test.classes)
        let columnsOfPanel = max(1, min(Self.panelBytes, memory / 2) / (depth * MemoryLayout<Float>.stride))
        var testPanel = ExamplePanel(examples: rows.count, runs: runsOfBlock, classes: test.classes)
        var trainPanel = ExamplePanel(examples: columnsOfPanel, runs: runsOfBlock, classes: test.classes)
        for runs in Tiling.pieces(of: runs, count: (mostRuns + runsOfBlock - 1) / runsOfBlock) {
            try testPanel.fill(
                from: test, runs: runs, examples: rows, moments: testMoments, transform: transform, threads: threads,
                sharedBy: grid.trainAxis)
            guard !runs.isEmpty, !columns.isEmpty else { continue }
            var firsts = pairs.firstPairs
            for start in stride(from: columns.lowerBound, to: columns.upperBound, by: columnsOfPanel) {
                let panel = start..<min(start + columnsOfPanel, columns.upperBound)
                try trainPanel.fill(
                    from: train, runs: runs, examples: panel, moments: trainMoments, transform: transform,
                    threads: threads)
                add(to: &sums, pairs, &firsts, testPanel, trainPanel)
            }
            ResidentMemory.notePeak()
        }
    }

    /// Adds the products of the pairs whose columns are in the train panel: from `firsts` on, which move behind them.
    private func add(
        to sums: inout [Int64], _ pairs: Pairs, _ firsts: inout [Int], _ test: borrowing ExamplePanel,
        _ train: borrowing ExamplePanel
    ) {
        let fractionBits = Int32(unit.fractionBits)
        let (depth, first, end) = (test.depth, Int32(train.examples.lowerBound), train.examples.upperBound)
        sums.withUnsafeMutableBufferPointer { sums in
            firsts.withUnsafeMutableBufferPointer { firsts in
                test.values.withUnsafeBufferPointer { a in
                    train.values.withUnsafeBufferPointer { b in
                        pairs.columns.withUnsafeBufferPointer { columns in
                            guard columns.count > 0 else { return }
                            nonisolated(unsafe) let (sums, firsts) = (sums.baseAddress!, firsts)
                            nonisolated(unsafe) let (a, b) = (a.baseAddress!, b.baseAddress!)
                            nonisolated(unsafe) let columns = columns.baseAddress!
                            concurrently(over: pairs.rows, threads: threads) { own in
                                for row in own {
                                    let pair = firsts[row]
                                    let next = pairs.firstPair(of: row, from: end, after: pair)
                                    guard next > pair else { continue }
                                    vk_add_fixed_products(
                                        a + row * depth, b, depth, columns + pair, first, next - pair, fractionBits,
                                        sums + pair)
                                    firsts[row] = next
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// How many runs fit into the memory together with all rows, and no more than make the inner loops fast.
    private func runsOfBlock(rows: Int, of runs: Int) -> Int {
        let bytesOfRun = (rows + 1) * ExamplePanel.depth(runs: 1, classes: test.classes) * MemoryLayout<Float>.stride
        return max(1, min(runs, Self.usualDepth / test.classes, memory / (2 * bytesOfRun)))
    }
}
