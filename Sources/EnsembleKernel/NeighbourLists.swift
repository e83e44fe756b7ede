/// The k most similar train examples of each of a number of rows, best first.
///
/// One total order everywhere: similarity descending, then train index ascending. The lists are flat arrays of shape
/// (rows, k), padded with -infinity and index -1 where fewer have been seen.
public struct NeighbourLists: Sendable, Equatable {
    /// Neighbours kept for each row.
    public let k: Int
    /// Number of rows.
    public let rows: Int
    /// Kernel values, shape (rows, k).
    public internal(set) var similarities: [Float]
    /// Train indices, shape (rows, k).
    public internal(set) var indices: [Int64]

    /// Empty lists.
    public init(rows: Int, k: Int) {
        self.rows = rows
        self.k = k
        similarities = [Float](repeating: -.infinity, count: rows * k)
        indices = [Int64](repeating: -1, count: rows * k)
    }

    /// Offers `rows` of a tile of the kernel, row-major with `columns` columns, of which the first is train example
    /// `firstIndex`, to the lists of as many rows. Tiles come in ascending order of their columns.
    /// O(columns) a row where few enter the list, O(k) for each that does.
    package mutating func offer(
        _ tile: [Float], columns: Int, rows: Range<Int>, firstIndex: Int, threads: Int
    ) throws {
        let k = k
        try tile.withUnsafeBufferPointer { values in
            try similarities.withUnsafeMutableBufferPointer { similarities in
                try indices.withUnsafeMutableBufferPointer { indices in
                    nonisolated(unsafe) let (values, similarities, indices) = (values, similarities, indices)
                    try concurrently(over: rows.count, threads: threads) { own in
                        for row in own {
                            let list = row * k..<(row + 1) * k
                            let candidates = (rows.lowerBound + row) * columns
                            Self.offer(
                                UnsafeBufferPointer(rebasing: values[candidates..<candidates + columns]),
                                firstIndex: firstIndex,
                                to: UnsafeMutableBufferPointer(rebasing: similarities[list]),
                                UnsafeMutableBufferPointer(rebasing: indices[list]))
                        }
                    }
                }
            }
        }
    }

    /// Offers similarities of consecutive train examples to one list.
    private static func offer(
        _ candidates: UnsafeBufferPointer<Float>, firstIndex: Int, to similarities: UnsafeMutableBufferPointer<Float>,
        _ indices: UnsafeMutableBufferPointer<Int64>
    ) {
        let last = similarities.count - 1
        var worst = similarities[last]
        // Columns come in ascending order: one that only equals the worst of a full list stands behind it. An empty
        // place is -infinity, below every similarity.
        for column in candidates.indices where candidates[column] > worst {
            insert(candidates[column], Int64(firstIndex + column), similarities, indices)
            worst = similarities[last]
        }
    }

    /// Offers the whole list of another rank, or of another block, to the list of `row`.
    public mutating func offer(_ similarities: ArraySlice<Float>, _ indices: ArraySlice<Int64>, to row: Int) {
        let last = (row + 1) * k - 1
        for (similarity, index) in zip(similarities, indices) where index >= 0 {
            guard Self.precedes(similarity, index, self.similarities[last], self.indices[last]) else { return }
            self.similarities.withUnsafeMutableBufferPointer { allSimilarities in
                self.indices.withUnsafeMutableBufferPointer { allIndices in
                    Self.insert(
                        similarity, index, UnsafeMutableBufferPointer(rebasing: allSimilarities[row * k...last]),
                        UnsafeMutableBufferPointer(rebasing: allIndices[row * k...last]))
                }
            }
        }
    }

    /// Puts a neighbour into its place of one list and drops the last of it.
    private static func insert(
        _ similarity: Float, _ index: Int64, _ similarities: UnsafeMutableBufferPointer<Float>,
        _ indices: UnsafeMutableBufferPointer<Int64>
    ) {
        var place = similarities.count - 1
        while place > 0, precedes(similarity, index, similarities[place - 1], indices[place - 1]) {
            similarities[place] = similarities[place - 1]
            indices[place] = indices[place - 1]
            place -= 1
        }
        similarities[place] = similarity
        indices[place] = index
    }

    private static func precedes(_ similarity: Float, _ index: Int64, _ other: Float, _ otherIndex: Int64) -> Bool {
        similarity > other || (similarity == other && (otherIndex < 0 || index < otherIndex))
    }
}
