internal import CMPI

/// All-to-all collectives: every rank sends a part to every rank.
extension Communicator {
    /// Sends equal parts from every rank to every rank. Collective: every rank calls it.
    ///
    ///     rank 0     rank 1     rank 2           rank 0     rank 1     rank 2
    ///     [a b c]    [d e f]    [g h i]    ->    [a d g]    [b e h]    [c f i]
    ///
    /// - Parameters:
    ///   - values: `size` parts, in the order of the ranks they go to, of one length everywhere.
    ///   - result: The same number of elements: the parts in the order of the ranks they come from.
    /// - Throws: `MPIError`, also if `values` cannot be divided equally among the ranks or `result` has another length.
    public func allToAll<Element: Transferable>(
        _ values: Span<Element>, into result: consuming MutableSpan<Element>
    ) throws {
        guard values.count.isMultiple(of: size) else {
            throw MPIError(
                call: "MPI_Alltoallv", code: mpi.error_count,
                text: "the send buffer has \(values.count) elements, which \(size) ranks cannot share equally")
        }
        let counts = [Int](repeating: values.count / size, count: size)
        try allToAll(values, counts: counts, into: result, counts: counts)
    }

    /// Sends parts of different lengths from every rank to every rank (MPI's alltoallv). Collective: every
    /// rank calls it.
    ///
    ///     rank 0     rank 1     rank 2         rank 0   rank 1     rank 2
    ///     [a b c]    [d]        [e f]    ->    [a d]    [b c e]    [f]
    ///      1 2 0      1 0 0      0 1 1          1 1 0    2 0 1      0 0 1      counts sent, received
    ///
    /// - Parameters:
    ///   - values: The parts in the order of the ranks they go to, packed.
    ///   - sendCounts: Number of elements for each rank.
    ///   - result: The parts in the order of the ranks they come from, packed.
    ///   - receiveCounts: Number of elements from each rank, equal to that rank's send count for this one.
    /// - Throws: `MPIError`, also if the counts are negative, not one per rank, or do not add up to the buffer's
    ///   length.
    public func allToAll<Element: Transferable>(
        _ values: Span<Element>, counts sendCounts: [Int],
        into result: consuming MutableSpan<Element>, counts receiveCounts: [Int]
    ) throws {
        let call: StaticString = "MPI_Alltoallv"
        let sends = try PackedLayout(call, counts: sendCounts, size: size)
        let receives = try PackedLayout(call, counts: receiveCounts, size: size)
        try MPIError.checkCount(call, "send buffer", values.count, expected: sends.total)
        try MPIError.checkCount(call, "receive buffer", result.count, expected: receives.total)
        // A rank knows only its own counts, but all ranks must take the same branch.
        let isLarge = try allreduce(Swift.max(sends.total, receives.total), .max) > maximumCount
        countBytes(values.count, of: Element.self)
        try result.withUnsafeMutableBufferPointer { result in
            try values.withUnsafeBufferPointer { values in
                guard isLarge else {
                    return try collective(
                        call,
                        mpi.alltoallv(
                            values.baseAddress, sends.counts32, sends.starts32, result.baseAddress,
                            receives.counts32, receives.starts32, Element.datatype.code, handle))
                }
                try exchange(values, sends.ranges, into: result, receives.ranges)
            }
        }
    }

    /// Sends a range of `values` to each rank and receives a range of `result` from each, in messages of at most
    /// `maximumCount` elements: the fallback of the collectives for more elements than their MPI call can count.
    ///
    /// Each list of ranges has one per rank, or is empty if this rank sends or receives nothing. An empty range sends
    /// no message.
    ///
    /// - Throws: `MPIError`.
    func exchange<Element: Transferable>(
        _ values: UnsafeBufferPointer<Element>, _ sends: [Range<Int>],
        into result: UnsafeMutableBufferPointer<Element>, _ receives: [Range<Int>]
    ) throws {
        let tag = 32767
        var transfers: [Transfer] = []
        for (source, range) in receives.enumerated() where !range.isEmpty {
            let part = UnsafeMutableBufferPointer(rebasing: result[range])
            transfers.append(try startReceive(into: part, from: source, tag: tag))
        }
        for (destination, range) in sends.enumerated() where !range.isEmpty {
            let part = UnsafeBufferPointer(rebasing: values[range])
            let transfer = Transfer(.other, on: UnsafeMutableBufferPointer(mutating: part))
            try startSend(transfer, of: part, to: destination, tag: tag)
            transfers.append(transfer)
        }
        for transfer in transfers { try transfer.wait() }
    }
}
