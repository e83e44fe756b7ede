import Ensembles
import MessagePassing
import ParallelRanges

/// The screening pass: compares tile after tile and offers the results to the candidates.
struct Screening: ~Copyable {
    private let problem: SearchProblem
    private let testMoments, trainMoments: Moments
    private let runBlocks: [Range<Int>]
    /// Whether the columns of a tile are examples of the query tile, too: their codes are in its panel.
    private let columnsAreRows: Bool
    /// What is subtracted from the similarities in each column.
    private let offsets: [Float]
    /// The largest change of an example's z by rounding to the unit of the exact products.
    private let roundingError: Float
    private let backend: any ScreeningBackend
    private var testBounds: ScreenBounds?
    /// Time by phase.
    private(set) var seconds = PhaseSeconds()

    /// Collective over the grid's world: processors may differ in the largest code that they allow.
    ///
    /// - Throws: `MPIError`.
    init(
        _ problem: SearchProblem, _ backend: any ScreeningBackend.Type, _ tiling: Tiling, _ testMoments: Moments,
        _ trainMoments: Moments, unit: FixedPoint
    ) throws {
        self.problem = problem
        roundingError = Float(unit.roundingError).nextUp
        self.testMoments = testMoments
        self.trainMoments = trainMoments
        offsets = (0..<problem.train.examples).map { Float(problem.scaling?.offset(ofColumn: $0) ?? 0) }
        runBlocks = tiling.runBlocks(of: problem.runs)
        columnsAreRows = tiling.isHalved
        self.backend = backend.init(
            depth: tiling.runsOfBlock * problem.test.classes, rows: tiling.rows,
            columns: tiling.isHalved ? 0 : tiling.columns, products: tiling.products,
            largestCode: try problem.grid.world.allreduce(backend.largestCode, .min))
    }

    /// Discards the query tile, before the next one starts.
    mutating func beginQueryTile() { testBounds = nil }

    /// Compares rows of a query tile with training examples of this rank, and offers the rank's share of the rows, and
    /// of the mirror images, to the candidates. Collective over the grid.
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `MPIError`.
    mutating func offer(_ part: KernelPart, of rows: QueryRows, to candidates: inout CandidateLists) throws {
        let grid = problem.grid
        let columns = part.columns
        // If one block holds all runs, the panel still has the test examples of the previous tile.
        let keepsTest = testBounds != nil && runBlocks.count == 1
        if !keepsTest { backend.begin(.rows, rows.examples, testMoments) }
        if !columnsAreRows { backend.begin(.columns, columns, trainMoments) }
        let firstOfPanel = columnsAreRows ? rows.examples.lowerBound : columns.lowerBound
        let columnPlaces = columns.shifted(by: -firstOfPanel)
        backend.beginTile(
            TilePlaces(
                rows: part.rows.map { $0.shifted(by: -rows.examples.lowerBound) }, columns: columnPlaces,
                columnsAreRows: columnsAreRows))
        for runs in runBlocks {
            try seconds.measure(\.standardize) { [problem, testMoments, trainMoments, backend, columnsAreRows] in
                func fill(
                    _ side: TileSide, _ logits: Logits, _ moments: Moments, sharedBy ranks: Communicator? = nil
                ) throws {
                    try backend.fill(
                        side, from: logits, runs: runs, moments: moments, transform: problem.transform,
                        threads: problem.threads, sharedBy: ranks)
                }
                if !keepsTest { try fill(.rows, problem.test, testMoments, sharedBy: grid.hostAxis) }
                if !columnsAreRows { try fill(.columns, problem.train, trainMoments) }
            }
            seconds.measure(\.product) { backend.addProduct(threads: problem.threads) }
        }
        try seconds.measure(\.reduce) { try backend.sum(over: grid.runsAxis) }
        let (test, train) = try seconds.measure(\.standardize) {
            func bounds(_ side: TileSide, over ranks: [Communicator]) throws -> ScreenBounds {
                try backend.bounds(of: side, over: ranks).rounded(by: roundingError)
            }
            let test = try testBounds ?? bounds(.rows, over: [grid.hostAxis, grid.runsAxis])
            return (test, columnsAreRows ? test[columnPlaces] : try bounds(.columns, over: [grid.runsAxis]))
        }
        testBounds = test
        guard !columns.isEmpty else { return }
        var selecting = PhaseSeconds()
        selecting.measure(\.select) {
            select(part, of: rows, test, train, for: &candidates)
            selectMirrored(part, of: rows, test, train, for: &candidates)
        }
        seconds += selecting
    }

    /// Offers the columns of a part to the rank's share of its rows.
    private func select(
        _ part: KernelPart, of rows: QueryRows, _ test: ScreenBounds, _ train: ScreenBounds,
        for candidates: inout CandidateLists
    ) {
        let (first, firstOfShare) = (rows.examples.lowerBound, rows.shareExamples.lowerBound)
        let weight = Float(problem.kernel.similarity(ofSum: 1))
        train.withColumns(offsets: offsets[part.columns]) { bounds in
            nonisolated(unsafe) let (backend, bounds) = (backend, bounds)
            for range in part.rows.map({ $0.clamped(to: rows.shareExamples) }) where !range.isEmpty {
                let place = part.place(of: range.lowerBound)
                candidates.select(
                    for: range.shifted(by: -firstOfShare), among: part.columns.count, threads: problem.threads
                ) { own, lists in
                    for list in own {
                        let example = list + firstOfShare
                        let products = backend.products(ofRow: place + example - range.lowerBound)
                        lists.add(to: list) { threshold, bins, found in
                            type(of: backend).select(
                                products, count: part.columns.count, test.row(example - first, weight: weight), bounds,
                                firstIndex: Int32(part.columns.lowerBound), threshold: threshold, bins: bins,
                                into: found)
                        }
                    }
                }
            }
        }
    }

    /// Numbers of rows and columns whose products are transposed at once: whole cache lines of each row, and the
    /// result fits in the second-level cache.
    private static let (mirroredRows, mirroredColumns) = (2048, 32)

    /// Offers the mirrored rows of a part, as columns, to the rank's share of its columns, as rows.
    private func selectMirrored(
        _ part: KernelPart, of rows: QueryRows, _ test: ScreenBounds, _ train: ScreenBounds,
        for candidates: inout CandidateLists
    ) {
        let (first, firstOfShare) = (rows.examples.lowerBound, rows.shareExamples.lowerBound)
        let weight = Float(problem.kernel.similarity(ofSum: 1))
        let shared = part.columns.clamped(to: rows.shareExamples)
        for range in part.mirrored.flatMap({ $0.pieces(ofAtMost: Self.mirroredRows) }) where !shared.isEmpty {
            let place = part.place(of: range.lowerBound)
            test[range.shifted(by: -first)].withColumns(offsets: offsets[range]) { bounds in
                nonisolated(unsafe) let (backend, bounds) = (backend, bounds)
                candidates.select(
                    for: shared.shifted(by: -firstOfShare), among: range.count, inOrder: false,
                    threads: problem.threads
                ) { own, lists in
                    let rowBytes = range.count * MemoryLayout<Int32>.stride
                    let mirrored = AlignedBuffer<UInt8>(count: Self.mirroredColumns * rowBytes)
                    for some in own.pieces(ofAtMost: Self.mirroredColumns) {
                        let columns = some.shifted(by: firstOfShare - part.columns.lowerBound)
                        backend.mirror(
                            rows: place..<place + range.count, columns: columns, into: mirrored.start)
                        for (number, column) in columns.enumerated() {
                            lists.add(to: some.lowerBound + number) { threshold, bins, found in
                                type(of: backend).select(
                                    mirrored.start + number * rowBytes, count: range.count,
                                    train.row(column, weight: weight), bounds, firstIndex: Int32(range.lowerBound),
                                    threshold: threshold, bins: bins, into: found)
                            }
                        }
                    }
                }
            }
        }
    }
}
