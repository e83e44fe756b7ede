import MessagePassing

/// Pairs of a row and a column, row by row, the columns of a row in ascending order.
package struct CandidatePairs: Sendable {
    /// The start of each row in `columns`, followed by the end of the last row.
    private let starts: [Int]
    /// The training example of each pair.
    let columns: [Int32]

    /// Number of rows.
    var rows: Int { starts.count - 1 }
    /// Number of pairs.
    var count: Int { columns.count }

    /// The pairs of every row with its columns.
    package init(_ rows: [[Int32]]) {
        self.init(counts: rows.map(\.count), columns: rows.flatMap { $0 })
    }

    /// Pairs with the given number of columns in each row, row by row.
    init(counts: [Int], columns: [Int32]) {
        starts = counts.reduce(into: [0]) { $0.append($0.last! + $1) }
        self.columns = columns
    }

    /// The pairs of all ranks, with rows in rank order. Collective over `ranks`.
    ///
    /// - Throws: `MPIError`.
    func gathered(over ranks: Communicator) throws -> CandidatePairs {
        guard ranks.size > 1 else { return self }
        let counts = zip(starts, starts.dropFirst()).map { $1 - $0 }
        return CandidatePairs(
            counts: try ranks.allgather(counts).flatMap { $0 }, columns: try ranks.allgather(columns).flatMap { $0 })
    }

    /// The positions of a row's pairs.
    subscript(row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }
}
