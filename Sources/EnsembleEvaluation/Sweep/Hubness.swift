import EnsembleKernel
import MessagePassing

/// How unevenly the training examples are spread over the lists of nearest neighbors: a few that are near to
/// everything, hubs, are in many lists. Source: Radovanović et al., "Hubs in space: popular nearest neighbors in
/// high-dimensional data", 2010.
public struct Hubness: Codable, Equatable, Sendable {
    /// Number of nearest neighbors in a list.
    public let k: Int
    /// The skewness E[(n - E n)^3] / std(n)^3 of the number n of lists that a training example is in: large with hubs,
    /// 0 if all are in as many.
    public let skewness: Double
    /// The largest number of lists that a training example is in.
    public let largest: Int

    /// The usual number of nearest neighbors in a list.
    static let usualK = 10

    /// The hubness of the first `usualK` neighbors, or of all that are kept if they are fewer. Collective over `world`:
    /// every rank calls it with its own parts.
    ///
    /// - Parameter columns: Number of training examples.
    /// - Throws: `MPIError`.
    init(of parts: [NeighborLists.OfExamples], kept: Int, columns: Int, world: Communicator) throws {
        let k = min(Self.usualK, kept)
        var own = [Int](repeating: 0, count: columns)
        for lists in parts.map(\.lists) {
            for row in 0..<lists.rows {
                for place in row * lists.k..<row * lists.k + k { own[Int(lists.indices[place])] += 1 }
            }
        }
        self.init(k: k, counts: try world.allreduce(own, .sum))
    }

    /// The hubness of examples that are in so many lists each.
    package init(k: Int, counts: [Int]) {
        self.k = k
        largest = counts.max() ?? 0
        let mean = Double(counts.reduce(0, +)) / Double(counts.count)
        func moment(_ power: Int) -> Double {
            counts.reduce(0) { sum, count in
                sum + (0..<power).reduce(1.0) { product, _ in product * (Double(count) - mean) }
            } / Double(counts.count)
        }
        let variance = moment(2)
        skewness = variance > 0 ? moment(3) / (variance * variance.squareRoot()) : 0
    }
}
