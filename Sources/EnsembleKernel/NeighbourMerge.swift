import MessagePassing

extension NeighbourLists {
    /// Merges the lists that the ranks made of their own train columns into the neighbours among all of them;
    /// each rank gets the result for its share of the rows, and which rows those are.
    ///
    /// Collective over `trainAxis`, on which every rank has lists of the same rows:
    ///
    ///     rank 0: [ rows 0 1 2 3, columns 0 1 ]  |                  rank 0: [ rows 0 1, all columns ]
    ///     rank 1: [ rows 0 1 2 3, columns 2 3 ]  |  -> Alltoallv -> rank 1: [ rows 2 3, all columns ]
    ///
    /// A rank sends and receives rows * k pairs whatever the number of ranks.
    func merged(over trainAxis: Communicator) throws -> (rows: Range<Int>, lists: NeighbourLists) {
        guard trainAxis.size > 1 else { return (0..<rows, self) }
        let share = Partition(rows, trainAxis.size)
        let own = share.range(of: trainAxis.rank)
        let sent = share.counts.map { $0 * k }
        let received = [Int](repeating: own.count * k, count: share.parts)
        var allSimilarities = [Float](repeating: 0, count: own.count * k * share.parts)
        var allIndices = [Int64](repeating: 0, count: allSimilarities.count)
        try trainAxis.allToAll(
            similarities.span, counts: sent, into: allSimilarities.mutableSpan, counts: received)
        try trainAxis.allToAll(indices.span, counts: sent, into: allIndices.mutableSpan, counts: received)

        var result = NeighbourLists(rows: own.count, k: k)
        for rank in 0..<share.parts {
            for row in 0..<own.count {
                let list = (rank * own.count + row) * k..<(rank * own.count + row + 1) * k
                result.offer(allSimilarities[list], allIndices[list], to: row)
            }
        }
        return (own, result)
    }
}
