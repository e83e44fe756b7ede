import MessagePassing

extension LocalScaling {
    /// r of all examples: the mean similarity of the first `nearest` of each list, in float64. Collective over `world`:
    /// every rank calls it with its own parts of the lists, and all get r of all examples.
    ///
    /// - Parameters:
    ///   - parts: Neighbors by the kernel, at least `nearest` for each example.
    ///   - examples: Number of examples of all ranks.
    /// - Throws: `MPIError`.
    package static func means(
        ofNearest nearest: Int, in parts: [NeighborLists.OfExamples], examples: Int, world: Communicator
    ) throws -> [Double] {
        let own = parts.flatMap { part in
            (0..<part.lists.rows).map { row in
                let first = row * part.lists.k
                let sum = part.lists.similarities[first..<first + nearest].reduce(0) { $0 + Double($1) }
                return sum / Double(nearest)
            }
        }
        let places = try world.allgather(parts.flatMap { Array($0.rows) }).joined()
        var means = [Double](repeating: 0, count: examples)
        for (place, mean) in zip(places, try world.allgather(own).joined()) { means[place] = mean }
        return means
    }
}
