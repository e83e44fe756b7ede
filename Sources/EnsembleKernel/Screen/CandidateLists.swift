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

    /// Offers `rows` of a backend's tile, whose columns are the training examples `columns`. Tiles come in ascending
    /// order of their columns, and there are as many `rows` as lists.
    ///
    /// - Parameters:
    ///   - weight: The similarity of an inner product of 1.
    ///   - offsets: What is subtracted from the similarities in each of the columns.
    mutating func offer(
        from backend: any ScreeningBackend, rows: TileRows, test: ScreenBounds, train: ScreenBounds,
        columns: Range<Int>, weight: Float, offsets: ArraySlice<Float>, threads: Int
    ) {
        guard !columns.isEmpty else { return }
        train.withColumns(offsets: offsets) { bounds in
            nonisolated(unsafe) let (backend, bounds) = (backend, bounds)
            updateRows(threads: threads) { own, lists in
                let found = AlignedBuffer<EKCandidate>(count: columns.count)
                for row in own {
                    let tileRow = rows.range.lowerBound + row
                    let count = backend.select(
                        row: tileRow, test.row(tileRow, weight: weight), bounds,
                        firstIndex: Int32(columns.lowerBound), threshold: &lists.thresholds[row],
                        bins: lists.bins + row * Int(EK_BINS), into: found.start)
                    lists.candidates[row].append(contentsOf: UnsafeBufferPointer(rebasing: found.elements[..<count]))
                    if lists.candidates[row].count >= lists.limits[row] { lists.reduce(row) }
                }
            }
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
        updateRows(threads: threads) { own, lists in
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
    private struct Rows {
        let k: Int
        let candidates: UnsafeMutablePointer<[EKCandidate]>
        let thresholds: UnsafeMutablePointer<EKThreshold>
        let bins: UnsafeMutablePointer<Int32>
        let limits: UnsafeMutablePointer<Int>

        func reduce(_ row: Int) {
            let threshold = thresholds[row].value
            candidates[row].removeAll { $0.upper < threshold }
            limits[row] = max(SearchConstants.candidatesOfRow(k: k), 2 * candidates[row].count)
        }
    }

    private mutating func updateRows(threads: Int, _ body: @Sendable (Range<Int>, Rows) -> Void) {
        let (k, bins, count) = (k, bins.start, rows)
        candidates.withUnsafeMutableBufferPointer { candidates in
            thresholds.withUnsafeMutableBufferPointer { thresholds in
                limits.withUnsafeMutableBufferPointer { limits in
                    guard let first = candidates.baseAddress else { return }
                    nonisolated(unsafe) let rows = Rows(
                        k: k, candidates: first, thresholds: thresholds.baseAddress!, bins: bins,
                        limits: limits.baseAddress!)
                    concurrently(over: count, threads: threads) { body($0, rows) }
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
