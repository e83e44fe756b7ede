import MessagePassing
import ParallelRanges

extension ExactNeighbors {
    /// Merges the ranks' lists of neighbors among their own training examples into the neighbors among all of them.
    /// Each rank gets the result for its share of the rows, and the range of this share.
    ///
    /// Collective over `trainAxis`, on which every rank has lists of the same rows:
    ///
    ///     rank 0: [ rows 0 1 2 3, columns 0 1 ]  |                  rank 0: [ rows 0 1, all columns ]
    ///     rank 1: [ rows 0 1 2 3, columns 2 3 ]  |  -> Alltoallv -> rank 1: [ rows 2 3, all columns ]
    ///
    /// A rank sends and receives rows * k pairs, regardless of the number of ranks.
    ///
    /// - Throws: `MPIError`.
    func merged(over trainAxis: Communicator, threads: Int) throws -> (rows: ShareRows, neighbors: ExactNeighbors) {
        guard trainAxis.size > 1 else { return (ShareRows(range: 0..<rows), self) }
        let shares = Partition(rows, trainAxis.size)
        let own = shares.range(of: trainAxis.rank)
        let sent = shares.counts.map { $0 * k }
        let received = [Int](repeating: own.count * k, count: shares.parts)
        var allProducts = [Int64](repeating: 0, count: own.count * k * shares.parts)
        var allIndices = allProducts
        try trainAxis.allToAll(products.span, counts: sent, into: allProducts.mutableSpan, counts: received)
        try trainAxis.allToAll(indices.span, counts: sent, into: allIndices.mutableSpan, counts: received)

        var result = ExactNeighbors(rows: own.count, k: k)
        var (counts, columns, foundProducts) = ([Int](repeating: 0, count: own.count), [Int32](), [Int64]())
        for row in 0..<own.count {
            for rank in 0..<shares.parts {
                let list = (rank * own.count + row) * k..<(rank * own.count + row + 1) * k
                for place in list where allIndices[place] >= 0 {
                    counts[row] += 1
                    columns.append(Int32(allIndices[place]))
                    foundProducts.append(allProducts[place])
                }
            }
        }
        result.offer(CandidatePairs(counts: counts, columns: columns), foundProducts, threads: threads)
        return (ShareRows(range: own), result)
    }
}
