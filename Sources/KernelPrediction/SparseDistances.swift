import ArrayFiles

/// A graph of nearest neighbors as a sparse matrix of distances in compressed sparse rows, readable by
/// `scipy.sparse.load_npz`: 1 - K, or 2 - S of the locally scaled kernel; 0 where that is negative.
public enum SparseDistances {
    /// Number of rows in memory at a time.
    private static let rowsOfPiece = 4096

    /// Writes the matrix of the neighbors in two `.npy` files, indices and similarities of shape (rows, k). Within a
    /// row the nearest neighbor comes first.
    ///
    /// - Parameters:
    ///   - columns: Number of examples from which the neighbors were taken.
    ///   - largest: The similarity of distance 0. Only among opposites, whose means are negative, S is more than 2.
    /// - Throws: `ArrayFileError` if a file cannot be read or written; nothing is left behind then.
    public static func write(
        neighbors: String, similarities: String, columns: Int, largest: Float = 1, to path: String
    ) throws {
        let (indices, values) = (try ArrayFile.open(neighbors)[0], try ArrayFile.open(similarities)[0])
        let (rows, k) = (indices.shape[0], indices.shape[1])
        let writer = try NPZWriter(creating: path)
        do {
            try writer.add("format", "csr")
            try writer.add("shape", [Int64(rows), Int64(columns)])
            try writer.add("data", shape: [rows * k], next: pieces(of: values) { max(0, largest - ($0 as Float)) })
            // Both index arrays must have the same type.
            if max(rows * k, columns) <= Int32.max {
                try writer.add("indices", shape: [rows * k], next: pieces(of: indices) { Int32($0 as Int64) })
                try writer.add("indptr", (0...rows).map { Int32($0 * k) })
            } else {
                try writer.add("indices", shape: [rows * k], next: pieces(of: indices) { $0 as Int64 })
                try writer.add("indptr", (0...rows).map { Int64($0 * k) })
            }
            try writer.commit()
        } catch {
            writer.discard()
            throw error
        }
    }

    /// The elements of a tensor, converted by `element`, some rows at a time.
    private static func pieces<Stored: TensorElement, Element>(
        of tensor: Tensor, _ element: @escaping (Stored) -> Element
    ) -> () throws -> [Element]? {
        var first = 0
        return {
            let rows = first..<min(first + rowsOfPiece, tensor.shape[0])
            first = rows.upperBound
            guard !rows.isEmpty else { return nil }
            return try tensor[rows].withContiguousBytes { $0.bindMemory(to: Stored.self).map(element) }
        }
    }
}
