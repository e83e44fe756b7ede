import MessagePassing

/// What the neighbours of each row reach at least, over the columns of all ranks.
enum RowThresholds {
    /// The k-th largest number of every row, among those that the ranks have for it.
    ///
    /// Collective over `trainAxis`, on which every rank has numbers for the same rows, shape (rows, k):
    ///
    ///     rank 0: [ k of rows 0 1 2 3 ]  |                 [ k-th of rows 0 1 ]  |                  [ k-th of all rows ]
    ///     rank 1: [ k of rows 0 1 2 3 ]  |  -> Alltoall -> [ k-th of rows 2 3 ]  |  -> Allgather -> [ k-th of all rows ]
    static func kthLargest(_ numbers: [Float], k: Int, over trainAxis: Communicator) throws -> [Float] {
        let shares = Partition(numbers.count / k, trainAxis.size)
        let own = shares.range(of: trainAxis.rank)
        var received = [Float](repeating: 0, count: trainAxis.size * own.count * k)
        try trainAxis.allToAll(
            numbers.span, counts: shares.counts.map { $0 * k }, into: received.mutableSpan,
            counts: [Int](repeating: own.count * k, count: trainAxis.size))
        var row = [Float](repeating: 0, count: trainAxis.size * k)
        let kth = (0..<own.count).map { ownRow in
            for rank in 0..<trainAxis.size {
                for place in 0..<k { row[rank * k + place] = received[(rank * own.count + ownRow) * k + place] }
            }
            return row.withUnsafeMutableBufferPointer { $0.kthLargest(k) }
        }
        return try trainAxis.allgather(kth).flatMap { $0 }
    }
}
