import Ensembles
import MessagePassing
import ParallelRanges

/// The screening pass: compares tile after tile and offers the results to the candidates.
struct Screening: ~Copyable {
    private let problem: SearchProblem
    private let testMoments, trainMoments: Moments
    private let runBlocks: [Range<Int>]
    /// What is subtracted from the similarities in each of this rank's columns.
    private let offsets: [Float]
    private let backend: any ScreeningBackend
    private var testBounds: ScreenBounds?
    /// Time by phase.
    private(set) var seconds = PhaseSeconds()

    /// Collective over the grid's world: processors may differ in the largest code that they allow.
    ///
    /// - Throws: `MPIError`.
    init(
        _ problem: SearchProblem, _ backend: any ScreeningBackend.Type, _ tiling: Tiling, _ testMoments: Moments,
        _ trainMoments: Moments
    ) throws {
        self.problem = problem
        self.testMoments = testMoments
        self.trainMoments = trainMoments
        offsets = problem.columns.map { Float(problem.scaling?.offset(ofColumn: $0) ?? 0) }
        runBlocks = tiling.runBlocks(of: problem.runs)
        self.backend = backend.init(
            depth: tiling.runsOfBlock * problem.test.classes, rows: tiling.rows, columns: tiling.columns,
            largestCode: try problem.grid.world.allreduce(backend.largestCode, .min))
    }

    /// Discards the query tile, before the next one starts.
    mutating func beginQueryTile() { testBounds = nil }

    /// Compares the test examples of a query tile with the training examples `columns`, and offers the rank's share of
    /// the rows to the candidates. Collective over the grid.
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `MPIError`.
    mutating func offer(_ rows: QueryRows, _ columns: Range<Int>, to candidates: inout CandidateLists) throws {
        let grid = problem.grid
        // If one block holds all runs, the panel still has the test examples of the previous tile.
        let keepsTest = testBounds != nil && runBlocks.count == 1
        if !keepsTest { backend.begin(.rows, rows.examples, testMoments) }
        backend.begin(.columns, columns, trainMoments)
        backend.beginTile()
        for runs in runBlocks {
            try seconds.measure(\.standardize) { [problem, testMoments, trainMoments, backend] in
                func fill(
                    _ side: TileSide, _ logits: Logits, _ moments: Moments, sharedBy ranks: Communicator? = nil
                ) throws {
                    try backend.fill(
                        side, from: logits, runs: runs, moments: moments, transform: problem.transform,
                        threads: problem.threads, sharedBy: ranks)
                }
                if !keepsTest { try fill(.rows, problem.test, testMoments, sharedBy: grid.hostAxis) }
                try fill(.columns, problem.train, trainMoments)
            }
            seconds.measure(\.product) { backend.addProduct(threads: problem.threads) }
        }
        try seconds.measure(\.reduce) { try backend.sum(over: grid.runsAxis) }
        let (test, train) = try seconds.measure(\.standardize) {
            (
                try testBounds ?? backend.bounds(of: .rows, over: [grid.hostAxis, grid.runsAxis]),
                try backend.bounds(of: .columns, over: [grid.runsAxis])
            )
        }
        testBounds = test
        seconds.measure(\.select) {
            candidates.offer(
                from: backend, rows: rows.share, test: test, train: train, columns: columns,
                weight: Float(problem.kernel.similarity(ofSum: 1)),
                offsets: offsets[columns.shifted(by: -problem.columns.lowerBound)], threads: problem.threads)
        }
    }
}
