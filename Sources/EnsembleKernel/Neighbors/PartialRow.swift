import CSIMDKernels

/// The partial result of a test example that was compared with some of the training examples: the candidates that may
/// be among its nearest according to the screen, and the training examples with computed products.
///
/// The candidates' intervals are valid for any screen, grid and memory, so that any search can resume from them.
struct PartialRow {
    /// Training indices, and the intervals that contain the similarities.
    var candidates: [EKCandidate] = []
    /// Training indices and exact products.
    var exact: [(index: Int64, product: Int64)] = []

    /// Appends the row as numbers: the lengths of both lists, followed by their elements.
    func pack(into numbers: inout [Int64]) {
        numbers.append(Int64(candidates.count))
        numbers.append(Int64(exact.count))
        for candidate in candidates {
            numbers.append(Int64(candidate.index) << 32 | Int64(candidate.lower.bitPattern))
            numbers.append(Int64(candidate.upper.bitPattern))
        }
        for pair in exact {
            numbers.append(pair.index)
            numbers.append(pair.product)
        }
    }

    init() {}

    /// Reads the row at a position of packed numbers, and advances the position past it; nil if there is no valid row.
    ///
    /// - Parameter columns: Number of training examples, the bound of valid indices.
    init?(_ numbers: [Int64], at place: inout Int, columns: Int) {
        guard place + 2 <= numbers.count else { return nil }
        let (candidates, exact) = (Int(numbers[place]), Int(numbers[place + 1]))
        guard 0...columns ~= candidates, 0...columns ~= exact, place + 2 + 2 * (candidates + exact) <= numbers.count
        else { return nil }
        place += 2
        self.candidates.reserveCapacity(candidates)
        for _ in 0..<candidates {
            let (first, second) = (UInt64(bitPattern: numbers[place]), UInt64(bitPattern: numbers[place + 1]))
            guard first >> 32 < columns else { return nil }
            self.candidates.append(
                EKCandidate(
                    index: Int32(first >> 32), lower: Float(bitPattern: UInt32(truncatingIfNeeded: first)),
                    upper: Float(bitPattern: UInt32(truncatingIfNeeded: second))))
            place += 2
        }
        for _ in 0..<exact {
            guard 0..<Int64(columns) ~= numbers[place] else { return nil }
            self.exact.append((numbers[place], numbers[place + 1]))
            place += 2
        }
    }

    /// Adds another rank's partial result for other training examples.
    mutating func append(_ other: PartialRow) {
        candidates += other.candidates
        exact += other.exact
    }

    /// The partial result for some of the training examples.
    func selecting(columns: Range<Int>) -> PartialRow {
        var row = PartialRow()
        row.candidates = candidates.filter { columns.contains(Int($0.index)) }
        row.exact = exact.filter { columns.contains(Int($0.index)) }
        return row
    }
}
