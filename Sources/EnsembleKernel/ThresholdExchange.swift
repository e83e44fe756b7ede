import MessagePassing

extension CandidateLists {
    /// Raises every row's threshold to the k-th largest lower end of all ranks' candidates, and drops what is below.
    ///
    /// Collective over `trainAxis`, on which every rank has candidates for the same rows among its own columns:
    ///
    ///     rank 0: [ k lowers of rows 0 1 2 3 ]  |                 [ thresholds of rows 0 1 ]  |
    ///     rank 1: [ k lowers of rows 0 1 2 3 ]  |  -> Alltoall -> [ thresholds of rows 2 3 ]  |  -> Allgather -> all
    mutating func exchangeThresholds(over trainAxis: Communicator, threads: Int) throws {
        let shares = Partition(rows, trainAxis.size)
        let own = shares.range(of: trainAxis.rank)
        let sent = try largestLowers(threads: threads)
        var received = [Float](repeating: 0, count: trainAxis.size * own.count * k)
        try trainAxis.allToAll(
            sent.span, counts: shares.counts.map { $0 * k }, into: received.mutableSpan,
            counts: [Int](repeating: own.count * k, count: trainAxis.size))
        var lowers = [Float](repeating: 0, count: trainAxis.size * k)
        let thresholds = (0..<own.count).map { row in
            for rank in 0..<trainAxis.size {
                for place in 0..<k { lowers[rank * k + place] = received[(rank * own.count + row) * k + place] }
            }
            return lowers.withUnsafeMutableBufferPointer { $0.kthLargest(k) }
        }
        try raise(to: trainAxis.allgather(thresholds).flatMap { $0 }, threads: threads)
    }
}
