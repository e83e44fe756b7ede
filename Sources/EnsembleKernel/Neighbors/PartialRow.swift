import CSIMDKernels

/// What is known of a test example that was compared with some of the training examples: those that may be among its
/// nearest, by the screen, and those whose products were computed.
///
/// The intervals of the candidates hold whatever the screen, the grid and the memory, so that any search can go on from
/// them.
struct PartialRow {
    /// Train indices and the intervals that the similarities lie in.
    var candidates: [EKCandidate] = []
    /// Train indices and exact products.
    var exact: [(index: Int64, product: Int64)] = []

    /// Appends the row as numbers: how many there are of both, and these.
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

    /// The row that begins at some place of packed numbers, and moves the place behind it; nil where there is none.
    ///
    /// - Parameter columns: number of training examples, which indices are below.
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

    /// Adds what another rank knows, of other training examples.
    mutating func append(_ other: PartialRow) {
        candidates += other.candidates
        exact += other.exact
    }

    /// What it knows of some training examples.
    func selecting(columns: Range<Int>) -> PartialRow {
        var row = PartialRow()
        row.candidates = candidates.filter { columns.contains(Int($0.index)) }
        row.exact = exact.filter { columns.contains(Int($0.index)) }
        return row
    }
}
