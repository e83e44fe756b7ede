import MessagePassing

/// The k most similar training examples of each row, best first.
///
/// One total order everywhere: similarity descending, then training index ascending. The lists are flat arrays of shape
/// (rows, k).
public struct NeighborLists: Sendable, Equatable {
    /// A range of examples and their neighbors, one row for each.
    public typealias OfExamples = (rows: Range<Int>, lists: NeighborLists)

    /// Number of neighbors of each row.
    public let k: Int
    /// Number of rows.
    public var rows: Int { indices.count / k }
    /// Kernel values rounded to float, shape (rows, k), in the order of the values before rounding.
    public let similarities: [Float]
    /// Indices of training examples, shape (rows, k).
    public let indices: [Int64]

    /// Lists of `k` neighbors each, both of shape (rows, k).
    package init(k: Int, similarities: [Float], indices: [Int64]) {
        precondition(similarities.count == indices.count && indices.count.isMultiple(of: k))
        self.k = k
        self.similarities = similarities
        self.indices = indices
    }

    /// The first `count` neighbors of each row.
    ///
    /// - Precondition: There are at least so many.
    package func first(_ count: Int) -> NeighborLists {
        func first<Value>(_ values: [Value]) -> [Value] {
            (0..<rows).flatMap { values[$0 * k..<$0 * k + count] }
        }
        return NeighborLists(k: count, similarities: first(similarities), indices: first(indices))
    }
}

extension [NeighborLists.OfExamples] {
    /// Values of all ranks' examples in the order of the examples. Collective over `world`: every rank calls it with
    /// those of its own parts, in their order.
    ///
    /// - Parameter width: Number of values of each example.
    /// - Throws: `MPIError`.
    package func inOrder<Value: Transferable>(
        _ values: [Value], width: Int = 1, over world: Communicator
    ) throws -> [Value] {
        let rows = try world.allgather(flatMap { [Int]($0.rows) }).joined()
        let gathered = try world.allgather(values).flatMap(\.self)
        var ordered = gathered
        for (place, row) in rows.enumerated() {
            for n in 0..<width { ordered[row * width + n] = gathered[place * width + n] }
        }
        return ordered
    }
}
