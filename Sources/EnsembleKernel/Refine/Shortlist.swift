import CSIMDKernels
import MessagePassing
import ParallelRanges

/// The neighbors of a query tile in the making: those known exactly, and the candidates of the screen.
///
/// A rank of the grid has its share of the rows, and its own training examples. All methods are collective over
/// the grid.
struct Shortlist: ~Copyable {
    /// Candidates that the screen leaves and that are not yet computed.
    var candidates: CandidateLists
    /// The work done, and the time it took.
    private(set) var counters = SearchCounters()

    private var nearest: ExactNeighbors
    private let rows: QueryRows
    private let columns: Range<Int>
    private let refinement: Refinement
    private var grid: RankGrid { refinement.problem.grid }
    private var threads: Int { refinement.problem.threads }

    /// The widest intervals from high limbs, in usual widths: low limbs that are all at their largest have three times
    /// the squares that they have on average.
    private static let worstWidth: Float = 1.8

    /// An empty list of `k` neighbors for each of the test examples `rows` among this rank's training examples
    /// `columns`.
    init(k: Int, rows: QueryRows, columns: Range<Int>, refinement: Refinement) {
        candidates = CandidateLists(rows: rows.share.range.count, k: k)
        nearest = ExactNeighbors(rows: rows.share.range.count, k: k)
        self.rows = rows
        self.columns = columns
        self.refinement = refinement
    }

    /// To be called after every train tile but the last: exchanges thresholds now and then, and keeps to `limit`
    /// candidates a rank by computing some.
    mutating func review(tilesSeen: Int, limit: Int) throws {
        // Other ranks' columns raise the thresholds most when few have been seen: after 1, 2, 4 tiles, and so on.
        if grid.trainAxis.size > 1, tilesSeen.nonzeroBitCount == 1 { try exchangeThresholds() }
        guard try mostCandidates() > limit else { return }
        try raiseThresholds()
        guard try mostCandidates() > limit / 2 else { return }
        try narrow()
        // Where even that leaves many they are all alike, and have to be computed.
        if try mostCandidates() > limit / 2 { try refine(candidates.takeAll()) }
    }

    /// Computes what is left, and merges the neighbors among all ranks' training examples; each rank gets its share of
    /// the test examples, and which they are.
    mutating func neighbors() throws -> ExactNeighbors.OfExamples {
        try exchangeThresholds()
        try narrow()
        try refine(candidates.takeAll())
        let merged = try measure(\.select) { try $0.nearest.merged(over: $0.grid.trainAxis, threads: $0.threads) }
        return (rows.examples(of: merged.rows), merged.neighbors)
    }

    /// What is known of the rank's share of the rows, among its training examples that were offered.
    mutating func partialRows() throws -> [PartialRow] {
        try raiseThresholds()
        var partial = [PartialRow](repeating: PartialRow(), count: candidates.rows)
        for row in partial.indices { (partial[row].candidates, partial[row].exact) = (candidates[row], nearest[row]) }
        return partial
    }

    /// Begins with what is known of the rows of the tile: of training examples that are not offered again.
    mutating func begin(with known: [PartialRow]) throws {
        let own = known[rows.share.range].map { $0.selecting(columns: columns) }
        for (row, known) in own.enumerated() { candidates.begin(row, with: known.candidates) }
        nearest.offer(
            CandidatePairs(own.map { $0.exact.map { Int32($0.index) } }), own.flatMap { $0.exact.map(\.product) },
            threads: threads)
        try raiseThresholds()
    }

    /// Raises thresholds, and before, where it pays, computes the likely candidates from high limbs.
    private mutating func narrow() throws {
        if try isWorthNarrowing() {
            let likely = try measure(\.select) { try $0.likelyCandidates() }
            if try grid.world.allreduce(likely.count, .max) > 0 { try narrow(likely) }
        }
        try raiseThresholds()
    }

    private mutating func narrow(_ likely: CandidatePairs) throws {
        counters.narrowedPairs += likely.count
        try measure(\.refine) {
            let near = try $0.refinement.nearSimilarities(of: likely, rows: $0.rows.examples, columns: $0.columns)
            $0.candidates.narrow(likely, to: near.similarities, error: near.error + Double(EK_SCREEN_SLACK))
        }
    }

    /// The candidates that may be neighbors if the k-th of them is where it seems to be, and are not yet known as well
    /// as high limbs tell. If it is not, those left out are computed exactly in the end.
    private mutating func likelyCandidates() throws -> CandidatePairs {
        let middles = candidates.largest(.middle, with: nearest.lowers(in: refinement.unit), threads: threads)
        let width = Float(2 * refinement.unit.usualNearError)
        let limits = try RowThresholds.kthLargest(middles, k: candidates.k, over: grid.trainAxis).map { $0 - width }
        return candidates.wide(Self.worstWidth * width, reaching: limits)
    }

    /// Whether the exact products that are spared are worth another pass over the runs.
    private func isWorthNarrowing() throws -> Bool {
        // The examples of which a rank transforms its share of the runs.
        let transformed = rows.count / grid.hostAxis.size + columns.count
        var sums = [candidates.count, transformed]
        try grid.world.allreduce(sums.mutableSpan, .sum)
        return SearchConstants.isWorthNarrowing(
            candidates: Double(sums[0]), neighbors: Double(candidates.k * rows.count),
            transformed: Double(sums[1]) / Double(grid.shape.runs))
    }

    /// Raises thresholds to the bin that the k-th largest lower end of all ranks is in.
    private mutating func exchangeThresholds() throws {
        try measure(\.select) {
            let values = try RowThresholds.counted($0.candidates, over: $0.grid.trainAxis)
            $0.candidates.raise(to: values, threads: $0.threads)
        }
    }

    /// Raises thresholds to the k-th largest of all lower ends and of all that is known exactly.
    private mutating func raiseThresholds() throws {
        try measure(\.select) {
            let known = $0.nearest.lowers(in: $0.refinement.unit)
            let lowers = $0.candidates.largest(.lower, with: known, threads: $0.threads)
            let values = try RowThresholds.kthLargest(lowers, k: $0.candidates.k, over: $0.grid.trainAxis)
            $0.candidates.raise(to: values, threads: $0.threads)
        }
    }

    private mutating func refine(_ pairs: CandidatePairs) throws {
        counters.refinedPairs += pairs.count
        try measure(\.refine) {
            let products = try $0.refinement.products(of: pairs, rows: $0.rows.examples, columns: $0.columns)
            $0.nearest.offer(pairs, products, threads: $0.threads)
        }
    }

    /// Runs `body` and adds its time to one phase.
    private mutating func measure<Result>(
        _ phase: WritableKeyPath<PhaseSeconds, Double>, _ body: (inout Shortlist) throws -> Result
    ) rethrows -> Result {
        var seconds = PhaseSeconds()
        defer { counters.seconds += seconds }
        return try seconds.measure(phase) { try body(&self) }
    }

    /// Candidates of the rank that has most.
    private func mostCandidates() throws -> Int { try grid.world.allreduce(candidates.count, .max) }
}
