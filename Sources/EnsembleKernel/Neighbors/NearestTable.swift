import MessagePassing

/// The first few neighbors of every row, gathered from all ranks.
public struct NearestTable: Sendable {
    /// Number of neighbors of each row.
    public let k: Int
    /// Indices of the neighbors, shape (rows, k), the most similar first.
    private let indices: [Int32]
    /// Similarities of the neighbors, shape (rows, k).
    private let similarities: [Float]

    /// Number of rows.
    public var rows: Int { indices.count / k }

    /// The neighbors of a row, the most similar first.
    public subscript(row: Int) -> [(index: Int, similarity: Float)] {
        (row * k..<(row + 1) * k).map { (Int(indices[$0]), similarities[$0]) }
    }

    /// Gathers the first `most` neighbors of each row on rank 0; nil on the other ranks. Collective over `world`: every
    /// rank calls it with its own parts.
    ///
    /// - Throws: `MPIError`.
    public init?(
        _ parts: [NeighborLists.OfExamples], rows: Int, most: Int, world: Communicator
    ) throws {
        let k = try world.allreduce(parts.map { min(most, $0.lists.k) }.min() ?? most, .min)
        let first = parts.map { $0.lists.first(k) }
        let places = try world.gather(parts.flatMap { Array($0.rows) }, root: 0)?.flatMap { $0 }
        let gathered = try world.gather(first.flatMap(\.indices).map { Int32($0) }, root: 0)?.flatMap { $0 }
        let ofGathered = try world.gather(first.flatMap(\.similarities), root: 0)?.flatMap { $0 }
        guard let places, let gathered, let ofGathered else { return nil }
        var (indices, similarities) = (gathered, ofGathered)
        for (place, row) in places.enumerated() {
            for n in 0..<k {
                indices[row * k + n] = gathered[place * k + n]
                similarities[row * k + n] = ofGathered[place * k + n]
            }
        }
        self.k = k
        self.indices = indices
        self.similarities = similarities
    }
}
