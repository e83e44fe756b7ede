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

    /// Floats of a row that the inner loops take at once: long enough to be fast, short enough for the caches to hold
    /// many rows.
    private static let usualDepth = 160
    /// Bytes of train rows that stay in the second-level cache while all test rows pass.
    private static let cachedBytes = 640 << 10

    /// The unit of the products.
    var unit: FixedPoint { FixedPoint(runs: test.runs, classes: test.classes) }

    /// The nearest of `candidates`, by exact products. Collective over the grid.
    func nearest(of candidates: CandidateLists, rows: Range<Int>, columns: Range<Int>) throws -> ExactNeighbours {
        let products = try products(of: candidates, rows: rows, columns: columns)
        var result = ExactNeighbours(rows: candidates.rows, k: candidates.k)
        try result.offer(
            zip(products, candidates.candidates).map { products, candidates in
                zip(products, candidates).map { ($0, Int64($1.index)) }
            }, threads: threads)
        return result
    }

    /// The exact products of `candidates`, whose rows are the `ownRows` of the test examples `rows` and whose columns
    /// are among this rank's train examples `columns`: an array a row.
    ///
    /// Collective over the grid. The ranks of a runs axis exchange their candidates; each sums the products of its own
    /// runs for all of them; and the sums come back to where the candidates are:
    ///
    ///     rank 0: candidates of rows 0 1  |                          |                      | [ products of rows 0 1 ]
    ///     rank 1: candidates of rows 2 3  |  -> Allgather -> all ->  |  -> Reduce_scatter -> | [ products of rows 2 3 ]
    private func products(
        of candidates: CandidateLists, rows: Range<Int>, columns: Range<Int>
    ) throws -> [[Int64]] {
        let own = Pairs(candidates.candidates.map { $0.map(\.index) })
        let pairs = try own.gathered(over: grid.runsAxis)
        var sums = [Int64](repeating: 0, count: pairs.columns.count)
        try add(to: &sums, pairs, rows: rows, columns: columns)
        guard grid.runsAxis.size > 1 else { return own.split(sums) }
        var result = [Int64](repeating: 0, count: own.columns.count)
        let counts = try grid.runsAxis.allgather(own.columns.count)
        try grid.runsAxis.reduceScatter(sums.span, counts: counts, into: result.mutableSpan, .sum)
        return own.split(result)
    }

    private func add(
        to sums: inout [Int64], _ pairs: Pairs, rows: Range<Int>, columns: Range<Int>
    ) throws {
        let runs = grid.runs(of: test.runs)
        let mostRuns = grid.mostRuns(of: test.runs)
        let mostColumns = grid.mostColumns(of: train.examples)
        let block = blocks(rows: rows.count, columns: mostColumns, runs: mostRuns)
        var testPanel = ExamplePanel(examples: rows.count, runs: block.runs, classes: test.classes)
        var trainPanel = ExamplePanel(examples: block.columns, runs: block.runs, classes: test.classes)
        for columns in Tiling.pieces(of: columns, count: (mostColumns + block.columns - 1) / block.columns) {
            for runs in Tiling.pieces(of: runs, count: (mostRuns + block.runs - 1) / block.runs) {
                try testPanel.fill(
                    from: test, runs: runs, examples: rows, moments: testMoments, transform: transform,
                    threads: threads, sharedBy: grid.trainAxis)
                try trainPanel.fill(
                    from: train, runs: runs, examples: columns, moments: trainMoments, transform: transform,
                    threads: threads)
                guard !runs.isEmpty, !columns.isEmpty else { continue }
                try add(to: &sums, pairs, testPanel, trainPanel)
                ResidentMemory.notePeak()
            }
        }
    }

    /// Adds the products of the pairs whose columns are in the train panel.
    private func add(
        to sums: inout [Int64], _ pairs: Pairs, _ test: borrowing ExamplePanel, _ train: borrowing ExamplePanel
    ) throws {
        let fractionBits = Int32(unit.fractionBits)
        let depth = test.depth
        let chunk = max(1, Self.cachedBytes / (depth * MemoryLayout<Float>.stride))
        let (testStart, trainStart, examples) = (test.values, train.values, train.examples)
        try sums.withUnsafeMutableBufferPointer { sums in
            try testStart.withUnsafeBufferPointer { a in
                try trainStart.withUnsafeBufferPointer { b in
                    nonisolated(unsafe) let (sums, a, b) = (sums, a.baseAddress!, b.baseAddress!)
                    try concurrently(over: pairs.rows, threads: threads) { own in
                        var cursors = own.map { pairs.firstPair(of: $0, from: examples.lowerBound) }
                        for start in stride(from: examples.lowerBound, to: examples.upperBound, by: chunk) {
                            let end = min(start + chunk, examples.upperBound)
                            for row in own {
                                let first = cursors[row - own.lowerBound]
                                let last = pairs.firstPair(of: row, from: end, after: first)
                                cursors[row - own.lowerBound] = last
                                guard last > first else { continue }
                                pairs.columns.withUnsafeBufferPointer { columns in
                                    vk_add_fixed_products(
                                        a + row * depth, b, depth, columns.baseAddress! + first,
                                        Int32(examples.lowerBound), last - first, fractionBits,
                                        sums.baseAddress! + first)
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// How many columns and runs fit into the memory together with all rows.
    private func blocks(rows: Int, columns: Int, runs: Int) -> (columns: Int, runs: Int) {
        let classes = test.classes
        func bytes(_ columns: Int, _ runs: Int) -> Int {
            (rows + columns) * ExamplePanel.depth(runs: runs, classes: classes) * MemoryLayout<Float>.stride
        }
        var block = (columns: columns, runs: max(1, min(runs, Self.usualDepth / classes)))
        while block.runs > 1, bytes(block.columns, block.runs) > memory { block.runs = (block.runs + 1) / 2 }
        while block.columns > 1, bytes(block.columns, block.runs) > memory { block.columns = (block.columns + 1) / 2 }
        return block
    }
}

/// Pairs of a row and a column, row after row, the columns of a row in ascending order.
private struct Pairs: Sendable {
    /// Where each row begins in `columns`, and at last where the last ends.
    private let starts: [Int]
    /// Train examples.
    let columns: [Int32]

    var rows: Int { starts.count - 1 }

    init(_ rows: [[Int32]]) {
        self.init(counts: rows.map(\.count), columns: rows.flatMap { $0 })
    }

    private init(counts: [Int], columns: [Int32]) {
        starts = counts.reduce(into: [0]) { $0.append($0.last! + $1) }
        self.columns = columns
    }

    /// The pairs of all ranks, whose rows follow one another. Collective over `ranks`.
    func gathered(over ranks: Communicator) throws -> Pairs {
        guard ranks.size > 1 else { return self }
        let counts = zip(starts, starts.dropFirst()).map { $1 - $0 }
        return Pairs(
            counts: try ranks.allgather(counts).flatMap { $0 }, columns: try ranks.allgather(columns).flatMap { $0 })
    }

    /// The place of the first pair of `row`, not before `after`, whose column is `column` or behind it.
    func firstPair(of row: Int, from column: Int, after: Int? = nil) -> Int {
        var place = after ?? starts[row]
        while place < starts[row + 1], columns[place] < column { place += 1 }
        return place
    }

    /// Values of all pairs, an array a row.
    func split(_ values: [Int64]) -> [[Int64]] {
        (0..<rows).map { Array(values[starts[$0]..<starts[$0 + 1]]) }
    }
}
