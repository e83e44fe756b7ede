import ParallelRanges

/// The k nearest training examples of each row among those seen so far, by exact inner products.
///
/// Products are in the unit of a ``FixedPoint``. The lists are flat arrays of shape (rows, k), best first: product
/// descending, then index ascending; padded with the smallest product and index -1 if fewer have been seen.
package struct ExactNeighbors: Sendable, Equatable {
    /// A range of examples and their neighbors, one row for each.
    typealias OfExamples = (rows: Range<Int>, nearest: ExactNeighbors)

    /// Number of neighbors kept for each row.
    package let k: Int
    /// Number of rows.
    package let rows: Int
    /// Inner products, shape (rows, k).
    package private(set) var products: [Int64]
    /// Indices of training examples, shape (rows, k).
    package private(set) var indices: [Int64]

    /// Empty lists.
    package init(rows: Int, k: Int) {
        self.rows = rows
        self.k = k
        products = [Int64](repeating: .min, count: rows * k)
        indices = [Int64](repeating: -1, count: rows * k)
    }

    /// Lists of `k` neighbors each, of shape (rows, k), already in order.
    init(k: Int, products: [Int64], indices: [Int64]) {
        precondition(products.count == indices.count && products.count.isMultiple(of: k))
        self.k = k
        rows = products.count / k
        self.products = products
        self.indices = indices
    }

    /// The list of a row, without padding.
    subscript(row: Int) -> [(index: Int64, product: Int64)] {
        (row * k..<(row + 1) * k).filter { indices[$0] >= 0 }.map { (indices[$0], products[$0]) }
    }

    /// Offers pairs of a row and a training example, in any order within a row, with their products. O(n + k log k) per
    /// row for n pairs that reach the list.
    package mutating func offer(_ pairs: CandidatePairs, _ offered: [Int64], threads: Int = 1) {
        precondition(pairs.rows == rows && pairs.count == offered.count)
        let k = k
        products.withUnsafeMutableBufferPointer { products in
            indices.withUnsafeMutableBufferPointer { indices in
                nonisolated(unsafe) let (products, indices) = (products, indices)
                concurrently(over: rows, threads: threads) { own in
                    var best: [(product: Int64, index: Int64)] = []
                    for row in own {
                        let list = row * k..<(row + 1) * k
                        best.removeAll(keepingCapacity: true)
                        // The last entry of a full list; otherwise the padding, which every pair reaches.
                        let last = products[list.upperBound - 1]
                        for pair in pairs[row] where offered[pair] >= last {
                            best.append((offered[pair], Int64(pairs.columns[pair])))
                        }
                        for place in list where indices[place] >= 0 { best.append((products[place], indices[place])) }
                        Self.keepLargest(k, of: &best)
                        best.sort { $0.product > $1.product || ($0.product == $1.product && $0.index < $1.index) }
                        for (place, candidate) in zip(list, best) {
                            products[place] = candidate.product
                            indices[place] = candidate.index
                        }
                    }
                }
            }
        }
    }

    /// Removes what is below the k-th largest product, so that less is sorted.
    private static func keepLargest(_ k: Int, of pairs: inout [(product: Int64, index: Int64)]) {
        guard pairs.count > k + k / 4 else { return }
        var products = pairs.map(\.product)
        let least = products.withUnsafeMutableBufferPointer { $0.kthLargest(k) }
        pairs.removeAll { $0.product < least }
    }

    /// The similarities of the k nearest, rounded down, shape (rows, k); -infinity if fewer have been seen.
    func lowers(in unit: FixedPoint) -> [Float] {
        products.indices.map { indices[$0] < 0 ? -.infinity : Float(unit.similarity(products[$0])).nextDown }
    }

    /// The lists with products converted to similarities. Every list must be full.
    ///
    /// - Parameter similarity: The similarity of a row's product in the unit.
    func lists(_ similarity: (_ row: Int, _ product: Int64) -> Double) -> NeighborLists {
        precondition(!indices.contains(-1), "a row has fewer than \(k) neighbors")
        return NeighborLists(
            k: k, similarities: products.enumerated().map { Float(similarity($0 / k, $1)) }, indices: indices)
    }
}
