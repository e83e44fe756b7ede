/// The k most similar training examples of each of a number of rows, best first.
///
/// One total order everywhere: similarity descending, then train index ascending. The lists are flat arrays of shape
/// (rows, k).
public struct NeighborLists: Sendable, Equatable {
    /// Some examples, and their neighbors: a row for each.
    public typealias OfExamples = (rows: Range<Int>, lists: NeighborLists)

    /// Neighbors of each row.
    public let k: Int
    /// Number of rows.
    public var rows: Int { indices.count / k }
    /// Kernel values, rounded to float, shape (rows, k). The order is that of the values before they were rounded.
    public let similarities: [Float]
    /// Train indices, shape (rows, k).
    public let indices: [Int64]

    /// Lists of `k` neighbors each, both of shape (rows, k).
    package init(k: Int, similarities: [Float], indices: [Int64]) {
        precondition(similarities.count == indices.count && indices.count.isMultiple(of: k))
        self.k = k
        self.similarities = similarities
        self.indices = indices
    }
}
