import MessagePassing

extension LocalScaling {
    /// The scaling by the mean similarity of the first `nearest` of each list, in float64. Collective over `world`:
    /// every rank calls it with its own parts of the lists, and all get the same.
    ///
    /// - Parameters:
    ///   - rows: Neighbors of the rows among the columns by the kernel; nil if the rows are the columns.
    ///   - columns: Neighbors of the columns among themselves.
    /// - Throws: `MPIError`.
    package init(
        ofNearest nearest: Int, rows: [NeighborLists.OfExamples]?, columns: [NeighborLists.OfExamples],
        world: Communicator
    ) throws {
        func means(_ parts: [NeighborLists.OfExamples]) throws -> [Double] {
            try parts.inOrder(parts.flatMap { $0.lists.meansOfNearest(nearest) }, over: world)
        }
        let byColumns = try means(columns)
        self.init(nearest: nearest, rows: try rows.map(means) ?? byColumns, columns: byColumns)
    }
}
