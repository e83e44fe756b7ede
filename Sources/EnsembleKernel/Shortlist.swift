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

    /// Candidates for each neighbour sought, from which on another pass over the runs costs less than computing all.
    private static let worthTwoPasses = 2

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
        try refineLikeliest(&result)
        // Where even that leaves many they are all alike, and have to be computed.
        if try mostCandidates() > limit / 2 { try refine(candidates.takeAll(), &result) }
    }

    /// Computes what is left, and merges the neighbours among all ranks' train examples; each rank gets its share of the
    /// test examples, and which they are.
    mutating func neighbours(_ result: inout NeighbourSearch.Result) throws -> FoundNeighbours.Part {
        try exchangeThresholds(&result)
        let all = try grid.world.allreduce(candidates.count, .sum)
        if all > Self.worthTwoPasses * candidates.k * rows.count {
            try refineLikeliest(&result)
        } else {
            try raiseThresholds(&result)
        }
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

    /// Once the likeliest are known exactly, the threshold is where they end, and no longer an interval below.
    private mutating func refineLikeliest(_ result: inout NeighbourSearch.Result) throws {
        let likeliest = try result.seconds.measure(\.select) {
            let middles = try RowThresholds.kthLargest(
                candidates.largest(.middle, threads: threads), k: candidates.k, over: grid.trainAxis)
            return candidates.take(from: middles)
        }
        try refine(likeliest, &result)
        try result.seconds.measure(\.select) {
            let kth = try RowThresholds.kthLargest(
                nearest.lowers(in: refinement.unit), k: candidates.k, over: grid.trainAxis)
            candidates.raise(to: kth, threads: threads)
        }
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
