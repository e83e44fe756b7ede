import CSIMDKernels
import MessagePassing
import ParallelRanges

/// Lower bounds of the similarity of each row's k-th neighbor, over the columns of all ranks.
enum RowThresholds {
    /// The k-th largest number of every row, among the numbers of all ranks for it.
    ///
    /// O(n) for n numbers. Collective over `trainAxis`, on which every rank has numbers for the same rows, shape (rows,
    /// k):
    ///
    ///     rank 0: [ k of rows 0-3 ]  |                 [ k-th of rows 0 1 ]  |                  [ k-th of all rows ]
    ///     rank 1: [ k of rows 0-3 ]  |  -> Alltoall -> [ k-th of rows 2 3 ]  |  -> Allgather -> [ k-th of all rows ]
    ///
    /// - Throws: `MPIError`.
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

    /// The lower edge of the highest bin such that at least k lower bounds, counted over all ranks, are in it or above,
    /// for every row; -infinity if there is none.
    ///
    /// Collective over `trainAxis`, on which every rank has lists of the same rows. Two short sums find it, one of
    /// groups of bins and one of the bins of one group.
    ///
    /// - Throws: `MPIError`.
    static func counted(_ lists: borrowing CandidateLists, over trainAxis: Communicator) throws -> [Float] {
        let (width, groups) = (16, Int(EK_BINS) / 16)
        let ofGroups = try trainAxis.allreduce(lists.binned(from: { _ in 0 }, count: groups, width: width), .sum)
        let found = (0..<lists.rows).map { row in
            highest(ofGroups[row * groups..<(row + 1) * groups], reaching: Int32(clamping: lists.k))
        }
        let ofBins = try trainAxis.allreduce(
            lists.binned(from: { (found[$0]?.place ?? 0) * width }, count: width, width: 1), .sum)
        return (0..<lists.rows).map { row in
            guard let group = found[row],
                let bin = highest(
                    ofBins[row * width..<(row + 1) * width], reaching: Int32(clamping: lists.k) - group.above)
            else { return -.infinity }
            return Float(group.place * width + bin.place - Int(EK_FIRST_BIN)) / Float(EK_BINS_PER_UNIT)
        }
    }

    /// The last position such that the numbers from it on sum to at least `wanted`, and the sum of those after it.
    private static func highest(_ numbers: ArraySlice<Int32>, reaching wanted: Int32) -> (place: Int, above: Int32)? {
        var above: Int32 = 0
        for place in numbers.indices.reversed() {
            if above + numbers[place] >= wanted { return (place - numbers.startIndex, above) }
            above += numbers[place]
        }
        return nil
    }
}
