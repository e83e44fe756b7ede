import CSIMDKernels
import MessagePassing
import ParallelRanges

/// The unfinished neighbors of a query tile: the exactly known ones, and the candidates of the screen.
///
/// A rank of the grid has its share of the rows, and its own training examples. All methods are collective over the
/// grid.
struct Shortlist: ~Copyable {
    /// Candidates left by the screen whose products are not yet computed.
    var candidates: CandidateLists
    /// The work done, and its time.
    private(set) var counters = SearchCounters()

    private var nearest: ExactNeighbors
    private let rows: QueryRows
    private let columns: Range<Int>
    private let refinement: Refinement
    private var grid: RankGrid { refinement.problem.grid }
    private var threads: Int { refinement.problem.threads }

    /// The widest intervals from high limbs, in units of usual widths: low limbs that are all maximal have three times
    /// the average sum of squares.
    private static let worstWidth: Float = 1.8

    /// Empty lists of `k` neighbors for each of the test examples `rows` among this rank's training examples `columns`.
    init(k: Int, rows: QueryRows, columns: Range<Int>, refinement: Refinement) {
        candidates = CandidateLists(rows: rows.share.range.count, k: k)
        nearest = ExactNeighbors(rows: rows.share.range.count, k: k)
        self.rows = rows
        self.columns = columns
        self.refinement = refinement
    }

    /// Exchanges thresholds now and then, and computes some candidates if a rank has more than `limit`. Call it after
    /// every train tile but the last.
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `MPIError`.
    mutating func review(tilesSeen: Int, limit: Int) throws {
        // Other ranks' columns raise the thresholds most when few have been seen: after 1, 2, 4 tiles, and so on.
        if grid.trainAxis.size > 1, tilesSeen.nonzeroBitCount == 1 { try exchangeThresholds() }
        guard try mostCandidates() > limit else { return }
        try raiseThresholds()
        guard try mostCandidates() > limit / 2 else { return }
        try narrow()
        // If even that leaves many candidates, they are all alike and must be computed.
        if try mostCandidates() > limit / 2 { try refine(candidates.takeAll()) }
    }

    /// Computes the remaining candidates, and merges the neighbors among all ranks' training examples; each rank gets
    /// its share of the test examples, and their range.
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `MPIError`.
    mutating func neighbors() throws -> ExactNeighbors.OfExamples {
        try exchangeThresholds()
        try narrow()
        try refine(candidates.takeAll())
        let merged = try measure(\.select) { try $0.nearest.merged(over: $0.grid.trainAxis, threads: $0.threads) }
        return (rows.examples(of: merged.rows), merged.neighbors)
    }

    /// The partial results for the rank's share of the rows, among the training examples offered so far.
    ///
    /// - Throws: `MPIError`.
    mutating func partialRows() throws -> [PartialRow] {
        try raiseThresholds()
        var partial = [PartialRow](repeating: PartialRow(), count: candidates.rows)
        for row in partial.indices { (partial[row].candidates, partial[row].exact) = (candidates[row], nearest[row]) }
        return partial
    }

    /// Starts with partial results for the rows of the tile, from training examples that will not be offered again.
    ///
    /// - Throws: `MPIError`.
    mutating func begin(with known: [PartialRow]) throws {
        let own = known[rows.share.range].map { $0.selecting(columns: columns) }
        for (row, known) in own.enumerated() { candidates.begin(row, with: known.candidates) }
        nearest.offer(
            CandidatePairs(own.map { $0.exact.map { Int32($0.index) } }), own.flatMap { $0.exact.map(\.product) },
            threads: threads)
        try raiseThresholds()
    }

    /// Raises thresholds, after computing the likely candidates from high limbs if that pays.
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

    /// The candidates that may be neighbors if the k-th largest similarity is near its estimate, and are known less
    /// accurately than from high limbs. If the estimate is wrong, those left out are computed exactly in the end.
    private mutating func likelyCandidates() throws -> CandidatePairs {
        let middles = candidates.largest(.middle, with: nearest.lowers(in: refinement.unit), threads: threads)
        let width = Float(2 * refinement.unit.usualNearError)
        let limits = try RowThresholds.kthLargest(middles, k: candidates.k, over: grid.trainAxis).map { $0 - width }
        return candidates.wide(Self.worstWidth * width, reaching: limits)
    }

    /// Whether the exact products saved are worth another pass over the runs.
    private func isWorthNarrowing() throws -> Bool {
        // Number of examples of which a rank transforms its share of the runs.
        let transformed = rows.count / grid.hostAxis.size + (refinement.columnsAreRows ? 0 : columns.count)
        var sums = [candidates.count, transformed]
        try grid.world.allreduce(sums.mutableSpan, .sum)
        return SearchConstants.isWorthNarrowing(
            candidates: Double(sums[0]), neighbors: Double(candidates.k * rows.count),
            transformed: Double(sums[1]) / Double(grid.shape.runs))
    }

    /// Raises thresholds to the bin of the k-th largest lower bound over all ranks.
    private mutating func exchangeThresholds() throws {
        try measure(\.select) {
            let values = try RowThresholds.counted($0.candidates, over: $0.grid.trainAxis)
            $0.candidates.raise(to: values, threads: $0.threads)
        }
    }

    /// Raises thresholds to the k-th largest among all lower bounds and all exact similarities.
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

    /// Number of candidates on the rank that has the most.
    private func mostCandidates() throws -> Int { try grid.world.allreduce(candidates.count, .max) }
}
