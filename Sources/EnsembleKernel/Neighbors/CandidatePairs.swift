import MessagePassing

/// CandidatePairs of a row and a column, row after row, the columns of a row in ascending order.
package struct CandidatePairs: Sendable {
    /// Where each row begins in `columns`, and at last where the last ends.
    private let starts: [Int]
    /// Training examples.
    let columns: [Int32]

    /// Number of rows.
    var rows: Int { starts.count - 1 }
    /// Number of pairs.
    var count: Int { columns.count }

    /// The pairs of every row with its columns.
    package init(_ rows: [[Int32]]) {
        self.init(counts: rows.map(\.count), columns: rows.flatMap { $0 })
    }

    /// Rows of so many pairs, one after the other.
    init(counts: [Int], columns: [Int32]) {
        starts = counts.reduce(into: [0]) { $0.append($0.last! + $1) }
        self.columns = columns
    }

    /// The pairs of all ranks, whose rows follow one another. Collective over `ranks`.
    func gathered(over ranks: Communicator) throws -> CandidatePairs {
        guard ranks.size > 1 else { return self }
        let counts = zip(starts, starts.dropFirst()).map { $1 - $0 }
        return CandidatePairs(
            counts: try ranks.allgather(counts).flatMap { $0 }, columns: try ranks.allgather(columns).flatMap { $0 })
    }

    /// The places of a row's pairs.
    subscript(row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }
}
