internal import CMPI

/// Collectives in which every rank has a part for every rank.
extension Communicator {
    /// Sends equal parts from every rank to every rank. Collective: every rank calls it.
    ///
    ///     rank 0     rank 1     rank 2           rank 0     rank 1     rank 2
    ///     [a b c]    [d e f]    [g h i]    ->    [a d g]    [b e h]    [c f i]
    ///
    /// - Parameters:
    ///   - values: `size` parts, in the order of the ranks they go to, of one length everywhere.
    ///   - result: As many elements: the parts in the order of the ranks they come from.
    public func allToAll<Element: Transferable>(
        _ values: Span<Element>, into result: consuming MutableSpan<Element>
    ) throws {
        guard values.count.isMultiple(of: size) else {
            throw MPIError(
                call: "MPI_Alltoallv", code: CMPIErrorCount(),
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
    ///   - sendCounts: How many elements go to each rank.
    ///   - result: The parts in the order of the ranks they come from, packed.
    ///   - receiveCounts: How many elements come from each rank: what that rank sends here.
    public func allToAll<Element: Transferable>(
        _ values: Span<Element>, counts sendCounts: [Int],
        into result: consuming MutableSpan<Element>, counts receiveCounts: [Int]
    ) throws {
        let call: StaticString = "MPI_Alltoallv"
        let sends = try PackedLayout(call, counts: sendCounts, size: size)
        let receives = try PackedLayout(call, counts: receiveCounts, size: size)
        try MPIError.checkCount(call, "send buffer", values.count, expected: sends.total)
        try MPIError.checkCount(call, "receive buffer", result.count, expected: receives.total)
        // A rank knows its own counts only, and all must choose the same way.
        let isLarge = try allreduce(Swift.max(sends.total, receives.total), .max) > maximumCount
        codeBytes(values.count, of: Element.self)
        try result.withUnsafeMutableBufferPointer { result in
            try values.withUnsafeBufferPointer { values in
                guard isLarge else {
                    return try collective(
                        call,
                        CMPI_Alltoallv(
                            values.baseAddress, sends.counts32, sends.starts32, result.baseAddress,
                            receives.counts32, receives.starts32, Element.datatype.code, handle))
                }
                try exchange(values, sends.ranges, into: result, receives.ranges)
            }
        }
    }

    /// Sends a range of `values` to each rank and receives a range of `result` from each, in messages of at
    /// most `maximumCount` elements: what the collectives do where their MPI call cannot count that far.
    ///
    /// A list of ranges has one for every rank, or is empty where there is nothing to send or receive. An empty
    /// range is no message.
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
