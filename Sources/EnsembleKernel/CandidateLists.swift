import CVectorKernels
import MessagePassing

/// The train examples that may be among the k nearest of each of a number of rows, as far as a screen can tell.
///
/// Every candidate has an interval that its similarity lies in. A row's threshold is the k-th largest of all lower ends
/// seen: what cannot reach it is no neighbour, since k others are above. It rises as more columns are seen, here or on
/// other ranks, and as some candidates are computed exactly.
struct CandidateLists {
    /// A train example that may be a neighbour.
    struct Candidate: Sendable {
        /// Its number among all train examples.
        var index: Int32
        /// What its similarity is at least and at most.
        var lower, upper: Float
        /// What it is about.
        var middle: Float { (lower + upper) / 2 }
    }

    /// A number that candidates can be ranked by.
    enum Rank: Sendable {
        case lower, middle
    }

    /// Neighbours sought for each row.
    let k: Int
    /// The candidates of each row, in ascending order of their indices.
    private(set) var candidates: [[Candidate]]
    /// What each row's neighbours reach at least.
    private(set) var thresholds: [Float]
    /// The lengths at which rows are next reduced.
    private var limits: [Int]

    /// No candidates.
    init(rows: Int, k: Int) {
        self.k = k
        candidates = [[Candidate]](repeating: [], count: rows)
        thresholds = [Float](repeating: -.infinity, count: rows)
        limits = [Int](repeating: Self.firstLimit(k: k), count: rows)
    }

    /// Number of rows.
    var rows: Int { candidates.count }
    /// Candidates of all rows.
    var count: Int { candidates.reduce(0) { $0 + $1.count } }

    /// Candidates that a row may collect before it is reduced: enough that reductions are rare.
    static func firstLimit(k: Int) -> Int { max(64, 3 * k) }

    /// Offers `rows` of a tile, whose first column is train example `firstIndex`. Tiles come in ascending order of
    /// their columns, and `rows` are as many as there are lists.
    mutating func offer<Element: ScreenElement>(
        _ tile: borrowing KernelTile<Element>, rows: Range<Int>, test: ScreenBounds, train: ScreenBounds,
        firstIndex: Int, weight: Float, threads: Int
    ) {
        let columns = tile.columns
        guard columns > 0 else { return }
        train.withColumns { bounds in
            nonisolated(unsafe) let (products, bounds) = (tile.products.start, bounds)
            updateRows(threads: threads) { own, lists in
                let hits = ScreenHits(capacity: columns)
                defer { hits.deallocate() }
                for row in own {
                    let tileRow = rows.lowerBound + row
                    let found = Element.screen(
                        products + tileRow * columns, test.row(tileRow, weight: weight), bounds, count: columns,
                        threshold: lists.thresholds[row], into: hits.pointers)
                    for hit in 0..<found { lists.candidates[row].append(hits.candidate(hit, firstIndex)) }
                    lists.reduceIfLong(row)
                }
            }
        }
    }

    /// Raises thresholds, and drops what cannot reach them.
    mutating func raise(to thresholds: [Float], threads: Int) {
        updateRows(threads: threads) { own, lists in
            for row in own {
                lists.thresholds[row] = max(lists.thresholds[row], thresholds[row])
                lists.reduce(row)
            }
        }
    }

    /// Removes the candidates whose similarity is about `middles` of their row or more, and returns their indices.
    mutating func take(from middles: [Float]) -> [[Int32]] {
        (0..<rows).map { row in
            let taken = candidates[row].filter { $0.middle >= middles[row] }.map(\.index)
            candidates[row].removeAll { $0.middle >= middles[row] }
            return taken
        }
    }

    /// Removes all candidates and returns their indices.
    mutating func takeAll() -> [[Int32]] { take(from: [Float](repeating: -.infinity, count: rows)) }

    /// The k largest lower ends or middles of every row's candidates, shape (rows, k), in no order; -infinity where there
    /// are fewer. `known`, empty or of that shape, has more numbers to choose from.
    func largest(_ rank: Rank, with known: [Float] = [], threads: Int) -> [Float] {
        var result = [Float](repeating: -.infinity, count: rows * k)
        result.withUnsafeMutableBufferPointer { result in
            nonisolated(unsafe) let result = result
            concurrently(over: rows, threads: threads) { own in
                var numbers: [Float] = []
                for row in own {
                    numbers.removeAll(keepingCapacity: true)
                    for candidate in candidates[row] {
                        numbers.append(rank == .lower ? candidate.lower : candidate.middle)
                    }
                    if !known.isEmpty { numbers += known[row * k..<(row + 1) * k] }
                    numbers.withUnsafeMutableBufferPointer { $0.moveLargest(k) }
                    for place in 0..<min(k, numbers.count) { result[row * k + place] = numbers[place] }
                }
            }
        }
        return result
    }

    /// The rows of a part of the lists, for one thread to change.
    private struct Rows {
        let k: Int
        let candidates: UnsafeMutablePointer<[Candidate]>
        let thresholds: UnsafeMutablePointer<Float>
        let limits: UnsafeMutablePointer<Int>

        func reduceIfLong(_ row: Int) {
            guard candidates[row].count >= limits[row] else { return }
            if let threshold = kthLargestLower(row) { thresholds[row] = max(thresholds[row], threshold) }
            reduce(row)
        }

        func reduce(_ row: Int) {
            let threshold = thresholds[row]
            candidates[row].removeAll { $0.upper < threshold }
            limits[row] = max(CandidateLists.firstLimit(k: k), 2 * candidates[row].count)
        }

        private func kthLargestLower(_ row: Int) -> Float? {
            guard candidates[row].count >= k else { return nil }
            var lowers = candidates[row].map(\.lower)
            return lowers.withUnsafeMutableBufferPointer { $0.kthLargest(k) }
        }
    }

    private mutating func updateRows(threads: Int, _ body: @Sendable (Range<Int>, Rows) -> Void) {
        let k = k
        let count = rows
        candidates.withUnsafeMutableBufferPointer { candidates in
            thresholds.withUnsafeMutableBufferPointer { thresholds in
                limits.withUnsafeMutableBufferPointer { limits in
                    guard let first = candidates.baseAddress else { return }
                    nonisolated(unsafe) let rows = Rows(
                        k: k, candidates: first, thresholds: thresholds.baseAddress!, limits: limits.baseAddress!)
                    concurrently(over: count, threads: threads) { body($0, rows) }
                }
            }
        }
    }
}

/// Room for what a screen finds in one row of a tile.
private struct ScreenHits {
    let pointers: VKScreenHits

    init(capacity: Int) {
        pointers = VKScreenHits(
            column: .allocate(capacity: capacity), lower: .allocate(capacity: capacity),
            upper: .allocate(capacity: capacity))
    }

    func deallocate() {
        pointers.column.deallocate()
        pointers.lower.deallocate()
        pointers.upper.deallocate()
    }

    func candidate(_ hit: Int, _ firstIndex: Int) -> CandidateLists.Candidate {
        CandidateLists.Candidate(
            index: Int32(firstIndex) + pointers.column[hit], lower: pointers.lower[hit], upper: pointers.upper[hit])
    }
}
