import CVectorKernels
import MessagePassing

/// The neighbours of a tile of test examples in the making: those known exactly, and the candidates of the screen.
///
/// A rank of the grid has the share `ownRows` of the rows, and its own train examples. All methods are collective over
/// the grid.
struct Shortlist {
    /// What the screen leaves, and is not yet computed.
    var candidates: CandidateLists
    /// The share of the rows that this rank has, within the tile.
    let ownRows: Range<Int>

    private var nearest: ExactNeighbours
    private let rows, columns: Range<Int>
    private let refinement: Refinement
    private var grid: RankGrid { refinement.grid }
    private var threads: Int { refinement.threads }

    /// Exact products that are left for each neighbour sought once intervals are narrow.
    static let leftOfNeighbour = 1.2
    /// What a product of high digits takes, in exact products of a pair.
    static let workOfNarrowing = 0.32
    /// What it takes to transform the logits of an example, in exact products of a pair.
    private static let workOfTransform = 20.0
    /// Intervals from high digits have the usual width at most so many times: low digits that are all at their largest have three
    /// times the squares that they have on average.
    private static let worstWidth: Float = 1.8

    /// An empty list of `k` neighbours for each of the test examples `rows` among this rank's train examples `columns`.
    init(k: Int, rows: Range<Int>, columns: Range<Int>, refinement: Refinement) {
        ownRows = Partition(rows.count, refinement.grid.shape.runs).range(of: refinement.grid.runsAxis.rank)
        candidates = CandidateLists(rows: ownRows.count, k: k)
        nearest = ExactNeighbours(rows: ownRows.count, k: k)
        self.rows = rows
        self.columns = columns
        self.refinement = refinement
    }

    /// To be called after every train tile but the last: exchanges thresholds now and then, and keeps to `limit`
    /// candidates a rank by computing some.
    mutating func review(tilesSeen: Int, limit: Int, _ result: inout NeighbourSearch.Result) throws {
        // Other ranks' columns raise the thresholds most when few have been seen: after 1, 2, 4 tiles, and so on.
        if grid.trainAxis.size > 1, tilesSeen.nonzeroBitCount == 1 { try exchangeThresholds(&result) }
        guard try mostCandidates() > limit else { return }
        try raiseThresholds(&result)
        guard try mostCandidates() > limit / 2 else { return }
        try narrow(&result)
        // Where even that leaves many they are all alike, and have to be computed.
        if try mostCandidates() > limit / 2 { try refine(candidates.takeAll(), &result) }
    }

    /// Computes what is left, and merges the neighbours among all ranks' train examples; each rank gets its share of the
    /// test examples, and which they are.
    mutating func neighbours(_ result: inout NeighbourSearch.Result) throws -> FoundNeighbours.Part {
        try exchangeThresholds(&result)
        try narrow(&result)
        try refine(candidates.takeAll(), &result)
        let merged = try result.seconds.measure(\.select) {
            try nearest.merged(over: grid.trainAxis, threads: threads)
        }
        return (merged.rows.shifted(by: rows.lowerBound + ownRows.lowerBound), merged.neighbours)
    }

    /// What is known of the rank's share of the rows, among its train examples that were offered.
    mutating func unfinished(_ result: inout NeighbourSearch.Result) throws -> [UnfinishedRow] {
        try raiseThresholds(&result)
        return (0..<ownRows.count).map { row in
            var unfinished = UnfinishedRow()
            (unfinished.candidates, unfinished.exact) = (candidates[row], nearest[row])
            return unfinished
        }
    }

    /// Begins with what is known of the rows of the tile: of train examples that are not offered again.
    mutating func begin(with known: [UnfinishedRow], _ result: inout NeighbourSearch.Result) throws {
        let own = known[ownRows].map { $0.selecting(columns: columns) }
        for (row, known) in own.enumerated() { candidates.begin(row, with: known.candidates) }
        nearest.offer(
            Pairs(own.map { $0.exact.map { Int32($0.index) } }), own.flatMap { $0.exact.map(\.product) },
            threads: threads)
        try raiseThresholds(&result)
    }

    /// Raises thresholds, and before, where it pays, computes the likely candidates from high digits.
    private mutating func narrow(_ result: inout NeighbourSearch.Result) throws {
        if try isWorthNarrowing() {
            let likely = try result.seconds.measure(\.select) { try likelyCandidates() }
            if try grid.world.allreduce(likely.count, .max) > 0 { try narrow(likely, &result) }
        }
        try raiseThresholds(&result)
    }

    private mutating func narrow(_ likely: Pairs, _ result: inout NeighbourSearch.Result) throws {
        result.narrowedPairs += likely.count
        try result.seconds.measure(\.refine) {
            let near = try refinement.nearSimilarities(of: likely, rows: rows, columns: columns)
            candidates.narrow(likely, to: near.similarities, error: near.error + Double(VK_SCREEN_SLACK))
        }
    }

    /// The candidates that may be neighbours if the k-th of them is where it seems to be, and are not yet known as well as
    /// high digits tell. If it is not, those left out are computed exactly in the end.
    private mutating func likelyCandidates() throws -> Pairs {
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
        return Self.isWorthNarrowing(
            candidates: Double(sums[0]), neighbours: Double(candidates.k * rows.count),
            transformed: Double(sums[1]) / Double(grid.shape.runs))
    }

    /// Whether to compute the likely ones of the candidates of some rows from high digits first, if all logits of so many
    /// examples have to be transformed once more for it.
    ///
    /// A candidate may be two intervals below the k-th neighbour, a likely one one: where similarities fall off evenly, the
    /// likely are as many times the neighbours as the candidates are times the likely.
    static func isWorthNarrowing(candidates: Double, neighbours: Double, transformed: Double) -> Bool {
        let likely = (candidates * neighbours).squareRoot()
        return candidates - leftOfNeighbour * neighbours - workOfNarrowing * likely > workOfTransform * transformed
    }

    /// Raises thresholds to the bin that the k-th largest lower end of all ranks is in.
    private mutating func exchangeThresholds(_ result: inout NeighbourSearch.Result) throws {
        try result.seconds.measure(\.select) {
            candidates.raise(to: try RowThresholds.counted(candidates, over: grid.trainAxis), threads: threads)
        }
    }

    /// Raises thresholds to the k-th largest of all lower ends and of all that is known exactly.
    private mutating func raiseThresholds(_ result: inout NeighbourSearch.Result) throws {
        try result.seconds.measure(\.select) {
            let lowers = candidates.largest(.lower, with: nearest.lowers(in: refinement.unit), threads: threads)
            candidates.raise(
                to: try RowThresholds.kthLargest(lowers, k: candidates.k, over: grid.trainAxis), threads: threads)
        }
    }

    private mutating func refine(_ pairs: Pairs, _ result: inout NeighbourSearch.Result) throws {
        result.refinedPairs += pairs.count
        try result.seconds.measure(\.refine) {
            let products = try refinement.products(of: pairs, rows: rows, columns: columns)
            nearest.offer(pairs, products, threads: threads)
        }
    }

    /// Candidates of the rank that has most.
    private func mostCandidates() throws -> Int { try grid.world.allreduce(candidates.count, .max) }
}
