import CSIMDKernels
import Ensembles
import ParallelRanges

/// The training examples that may be among the k nearest of each row, according to a screen.
///
/// Every candidate has an interval that contains its similarity. A row's threshold is reached by the lower bounds of k
/// columns seen so far: a column that cannot reach it is not a neighbor, since k others are above. It rises as more
/// columns are seen, here or on other ranks, and as some candidates are computed exactly.
struct CandidateLists: ~Copyable {
    /// Number of neighbors sought for each row.
    let k: Int
    /// The candidates of each row, in ascending order of their indices if ``isInOrder``.
    private var candidates: [[EKCandidate]]
    private var isInOrder = true
    /// The lower bound of each row's neighbors.
    private var thresholds: [EKThreshold]
    /// The number of lower bounds seen in each bin, shape (rows, ``EK_BINS``).
    private let bins: AlignedBuffer<Int32>
    /// The lengths at which rows are reduced next.
    private var limits: [Int]

    /// Empty lists.
    init(rows: Int, k: Int) {
        self.k = k
        candidates = [[EKCandidate]](repeating: [], count: rows)
        thresholds = [EKThreshold](
            repeating: EKThreshold(value: -.infinity, k: Int32(clamping: k), bin: -1, above: 0), count: rows)
        bins = AlignedBuffer(count: rows * Int(EK_BINS))
        bins.elements.initialize(repeating: 0)
        limits = [Int](repeating: SearchConstants.candidatesOfRow(k: k), count: rows)
    }

    /// Number of rows.
    var rows: Int { candidates.count }
    /// Number of candidates of all rows.
    var count: Int { candidates.reduce(0) { $0 + $1.count } }

    /// Selects columns for some of the lists, on several threads. Columns come in ascending order, unless said
    /// otherwise.
    ///
    /// - Parameters:
    ///   - columns: The largest number of columns that one selection may find.
    ///   - body: Called with rows and with a list of each, to which it adds.
    mutating func select(
        for rows: Range<Int>, among columns: Int, inOrder: Bool = true, threads: Int,
        _ body: @Sendable (_ rows: Range<Int>, _ lists: borrowing Selection) -> Void
    ) {
        isInOrder = isInOrder && inOrder
        updateRows(rows, threads: threads) { own, lists in body(own, Selection(rows: lists, columns: columns)) }
    }

    /// The lists of some rows, to which one thread adds what is selected for them.
    struct Selection: ~Copyable {
        private let rows: Rows
        private let found: AlignedBuffer<EKCandidate>

        fileprivate init(rows: Rows, columns: Int) {
            self.rows = rows
            found = AlignedBuffer(count: columns)
        }

        /// Adds the columns that `select` writes, which returns their number, and may raise the threshold.
        func add(
            to row: Int,
            _ select: (
                _ threshold: UnsafeMutablePointer<EKThreshold>, _ bins: UnsafeMutablePointer<Int32>,
                _ found: UnsafeMutablePointer<EKCandidate>
            ) -> Int
        ) {
            let count = select(rows.thresholds + row, rows.bins + row * Int(EK_BINS), found.start)
            rows.candidates[row].append(contentsOf: UnsafeBufferPointer(rebasing: found.elements[..<count]))
            if rows.candidates[row].count >= rows.limits[row] { rows.reduce(row) }
        }
    }

    /// The candidates of a row.
    subscript(row: Int) -> [EKCandidate] { candidates[row] }

    /// Starts a row with candidates found earlier, among columns that may come after those still to be offered.
    mutating func begin(_ row: Int, with known: [EKCandidate]) {
        candidates[row] = known
        isInOrder = false
    }

    /// Raises thresholds, and drops candidates that cannot reach them.
    mutating func raise(to values: [Float], threads: Int) {
        updateRows(0..<rows, threads: threads) { own, lists in
            for row in own {
                lists.thresholds[row].value = max(lists.thresholds[row].value, values[row])
                lists.reduce(row)
            }
        }
    }

    /// The candidates that may reach their row's `limits`, and whose intervals are wider than `width`.
    mutating func wide(_ width: Float, reaching limits: [Float]) -> CandidatePairs {
        sort()
        let wide = (0..<rows).map { row in
            candidates[row].filter { $0.upper >= limits[row] && $0.width > width }.map(\.index)
        }
        return CandidatePairs(wide)
    }

    /// Sets the intervals of some candidates: within `error` of the given similarities.
    mutating func narrow(_ pairs: CandidatePairs, to similarities: [Double], error: Double) {
        for row in 0..<rows {
            var place = 0
            for pair in pairs[row] {
                while candidates[row][place].index < pairs.columns[pair] { place += 1 }
                candidates[row][place].lower = Float(similarities[pair] - error).nextDown
                candidates[row][place].upper = Float(similarities[pair] + error).nextUp
            }
        }
    }

    /// Removes all candidates and returns them.
    mutating func takeAll() -> CandidatePairs {
        sort()
        defer { for row in 0..<rows { candidates[row].removeAll() } }
        return CandidatePairs(candidates.map { $0.map(\.index) })
    }

    private mutating func sort() {
        guard !isInOrder else { return }
        for row in 0..<rows { candidates[row].sort { $0.index < $1.index } }
    }

    /// The value by which candidates are ranked.
    enum Rank: Sendable {
        case lower, middle
    }

    /// The k largest lower bounds or middles of every row's candidates, shape (rows, k), in no particular order;
    /// -infinity if there are fewer. `known`, of the same shape, adds more numbers to choose from.
    func largest(_ rank: Rank, with known: [Float]? = nil, threads: Int) -> [Float] {
        var result = [Float](repeating: -.infinity, count: rows * k)
        let (rows, k, candidates) = (rows, k, candidates)
        result.withUnsafeMutableBufferPointer { result in
            nonisolated(unsafe) let result = result
            concurrently(over: rows, threads: threads) { own in
                var numbers: [Float] = []
                for row in own {
                    numbers.removeAll(keepingCapacity: true)
                    for candidate in candidates[row] {
                        numbers.append(rank == .lower ? candidate.lower : candidate.middle)
                    }
                    if let known { numbers += known[row * k..<(row + 1) * k] }
                    numbers.withUnsafeMutableBufferPointer { $0.moveLargest(k) }
                    for place in 0..<min(k, numbers.count) { result[row * k + place] = numbers[place] }
                }
            }
        }
        return result
    }

    /// For every row, the numbers of lower bounds seen in some bins: `count` sums of `width` bins each, starting at
    /// `first`(row); shape (rows, count).
    func binned(from first: (Int) -> Int, count: Int, width: Int) -> [Int32] {
        var result = [Int32](repeating: 0, count: rows * count)
        for row in 0..<rows {
            let own = bins.start + row * Int(EK_BINS) + first(row)
            for place in 0..<count {
                result[row * count + place] = (0..<width).reduce(0) { $0 + own[place * width + $1] }
            }
        }
        return result
    }

    /// The rows of a part of the lists, to be changed by one thread.
    fileprivate struct Rows {
        let k: Int
        let candidates: UnsafeMutablePointer<[EKCandidate]>
        let thresholds: UnsafeMutablePointer<EKThreshold>
        let bins: UnsafeMutablePointer<Int32>
        let limits: UnsafeMutablePointer<Int>

        func reduce(_ row: Int) {
            let threshold = thresholds[row].value
            // Without a branch, which would be mispredicted as often as not.
            let kept = candidates[row].withUnsafeMutableBufferPointer { list in
                var kept = 0
                for place in list.indices {
                    let candidate = list[place]
                    list[kept] = candidate
                    kept += candidate.upper >= threshold ? 1 : 0
                }
                return kept
            }
            candidates[row].removeLast(candidates[row].count - kept)
            limits[row] = max(SearchConstants.candidatesOfRow(k: k), 2 * candidates[row].count)
        }
    }

    private mutating func updateRows(
        _ range: Range<Int>, threads: Int, _ body: @Sendable (Range<Int>, Rows) -> Void
    ) {
        precondition(range.isEmpty || (0..<rows).contains(range.upperBound - 1) && range.lowerBound >= 0)
        let (k, bins) = (k, bins.start)
        candidates.withUnsafeMutableBufferPointer { candidates in
            thresholds.withUnsafeMutableBufferPointer { thresholds in
                limits.withUnsafeMutableBufferPointer { limits in
                    guard let first = candidates.baseAddress else { return }
                    nonisolated(unsafe) let rows = Rows(
                        k: k, candidates: first, thresholds: thresholds.baseAddress!, bins: bins,
                        limits: limits.baseAddress!)
                    concurrently(over: range.count, threads: threads) {
                        body($0.shifted(by: range.lowerBound), rows)
                    }
                }
            }
        }
    }
}

extension EKCandidate {
    /// The middle of the interval, an estimate of the similarity.
    var middle: Float { (lower + upper) / 2 }

    /// The width of the interval.
    var width: Float { upper - lower }
}
