import MessagePassing

/// The screen at work: multiplies tile after tile and offers it to the candidates.
struct Screening<Element: ScreenElement> {
    private let search: NeighbourSearch
    private let testMoments, trainMoments: Moments
    private let runBlocks: [Range<Int>]
    private let weight: Float
    private var testPanel, trainPanel: ScreenPanel<Element>
    private var tile: KernelTile<Element>
    private var testBounds: ScreenBounds?

    /// Collective over the grid's world: processors may differ in the counts that they stand.
    init(_ search: NeighbourSearch, _ tiling: Tiling, _ testMoments: Moments, _ trainMoments: Moments) throws {
        self.search = search
        self.testMoments = testMoments
        self.trainMoments = trainMoments
        runBlocks = tiling.runBlocks(of: search.grid.runs(of: search.test.runs))
        weight = 1 / Float(search.test.runs * search.test.classes)
        let largestCount = try search.grid.world.allreduce(Element.largestCount, .min)
        let depth = tiling.runsOfBlock * search.test.classes
        testPanel = ScreenPanel(depth: depth, columns: tiling.rows, largestCount: largestCount)
        trainPanel = ScreenPanel(depth: depth, columns: tiling.columns, largestCount: largestCount)
        tile = KernelTile(rows: tiling.rows, columns: tiling.columns)
    }

    /// Forgets the test tile, before the next one is begun.
    mutating func beginTestTile() { testBounds = nil }

    /// Compares the test examples `rows` with the train examples `columns`, and offers the rank's share of the rows to
    /// the candidates of their shortlist. Collective over the grid.
    mutating func offer(
        _ rows: Range<Int>, _ columns: Range<Int>, to shortlist: inout Shortlist, _ seconds: inout PhaseSeconds
    ) throws {
        // One block holds all runs: the panel still has what the last train tile was compared with.
        let keepsTest = testBounds != nil && runBlocks.count == 1
        if !keepsTest { testPanel.begin(rows, testMoments) }
        trainPanel.begin(columns, trainMoments)
        tile.begin(rows: rows.count, columns: columns.count)
        for runs in runBlocks {
            try seconds.measure(\.standardise) {
                if !keepsTest {
                    try testPanel.fill(
                        from: search.test, runs: runs, moments: testMoments, transform: search.transform,
                        threads: search.threads, sharedBy: search.grid.hostAxis)
                }
                try trainPanel.fill(
                    from: search.train, runs: runs, moments: trainMoments, transform: search.transform,
                    threads: search.threads)
            }
            seconds.measure(\.product) { tile.addProduct(testPanel, trainPanel, threads: search.threads) }
        }
        try seconds.measure(\.reduce) { try tile.sum(over: search.grid.runsAxis) }
        let (test, train) = try seconds.measure(\.standardise) {
            (
                try testBounds ?? testPanel.bounds(over: [search.grid.hostAxis, search.grid.runsAxis]),
                try trainPanel.bounds(over: [search.grid.runsAxis])
            )
        }
        testBounds = test
        seconds.measure(\.select) {
            shortlist.candidates.offer(
                tile, rows: shortlist.ownRows, test: test, train: train, firstIndex: columns.lowerBound, weight: weight,
                threads: search.threads)
        }
    }
}
