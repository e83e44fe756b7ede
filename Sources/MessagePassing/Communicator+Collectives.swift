internal import CMPI

/// Collectives that move elements unchanged: broadcast, gather, scatter, allgather, and the barrier.
extension Communicator {
    /// Waits until every rank has called it. Collective: every rank calls it.
    ///
    /// - Throws: `MPIError`.
    public func barrier() throws {
        try MPIError.check("MPI_Barrier", mpi.barrier(handle))
    }

    /// Copies the buffer of `root` to every rank. Collective: every rank calls it.
    ///
    ///     rank 0   rank 1   rank 2         rank 0   rank 1   rank 2
    ///     [a b]    [. .]    [. .]    ->    [a b]    [a b]    [a b]       root 0
    ///
    /// The buffers have the same number of elements on every rank.
    ///
    /// - Throws: `MPIError`.
    public func broadcast<Element: Transferable>(_ buffer: consuming MutableSpan<Element>, root: Int) throws {
        if rank == root { countBytes(buffer.count, of: Element.self) }
        try buffer.withUnsafeMutableBufferPointer { buffer in
            for piece in pieces(of: buffer.count) {
                try collective(
                    "MPI_Bcast",
                    mpi.bcast(
                        address(of: buffer, at: piece.lowerBound), Int32(piece.count), Element.datatype.code,
                        Int32(clamping: root), handle))
            }
        }
    }

    /// Gathers equal parts on `root`, in the order of the ranks. Collective: every rank calls it.
    ///
    ///     rank 0   rank 1   rank 2         rank 0           rank 1   rank 2
    ///     [a b]    [c d]    [e f]    ->    [a b c d e f]    []       []       root 0
    ///
    /// - Parameters:
    ///   - values: The same number of elements on every rank.
    ///   - result: On `root`, `size` times that number; unused on the other ranks, of any length.
    /// - Throws: `MPIError`, also if a buffer has the wrong length.
    public func gather<Element: Transferable>(
        _ values: Span<Element>, into result: consuming MutableSpan<Element>, root: Int
    ) throws {
        let counts = [Int](repeating: values.count, count: size)
        try gather(values, counts: counts, into: result, root: root)
    }

    /// Gathers parts of different lengths on `root`, in the order of the ranks (MPI's gatherv). Collective:
    /// every rank calls it.
    ///
    ///     rank 0   rank 1   rank 2         rank 0     rank 1   rank 2
    ///     [a b]    []       [c]      ->    [a b c]    []       []       counts [2 0 1], root 0
    ///
    /// - Parameters:
    ///   - values: `counts[rank]` elements.
    ///   - counts: Number of elements on each rank; the same list on every rank.
    ///   - result: On `root`, the sum of `counts` elements; unused on the other ranks, of any length.
    /// - Throws: `MPIError`, also if the counts or the length of a buffer do not fit.
    public func gather<Element: Transferable>(
        _ values: Span<Element>, counts: [Int], into result: consuming MutableSpan<Element>, root: Int
    ) throws {
        let call: StaticString = "MPI_Gatherv"
        let layout = try PackedLayout(call, counts: counts, size: size)
        try MPIError.checkCount(call, "send buffer", values.count, expected: counts[rank])
        if rank == root { try MPIError.checkCount(call, "receive buffer", result.count, expected: layout.total) }
        countBytes(values.count, of: Element.self)
        try result.withUnsafeMutableBufferPointer { result in
            try values.withUnsafeBufferPointer { values in
                guard layout.total > maximumCount else {
                    return try collective(
                        call,
                        mpi.gatherv(
                            values.baseAddress, Int32(values.count), result.baseAddress, layout.counts32,
                            layout.starts32, Element.datatype.code, Int32(clamping: root), handle))
                }
                let receives = rank == root ? layout.ranges : []
                let sends = (0..<size).map { $0 == root ? 0..<values.count : 0..<0 }
                try exchange(values, sends, into: result, receives)
            }
        }
    }

    /// Scatters equal parts of the values of `root` to the ranks in their order. Collective: every rank calls it.
    ///
    ///     rank 0           rank 1   rank 2         rank 0   rank 1   rank 2
    ///     [a b c d e f]    []       []       ->    [a b]    [c d]    [e f]       root 0
    ///
    /// - Parameters:
    ///   - values: On `root`, `size` times as many elements as `result`; unused on the other ranks, of any length.
    ///   - result: The same number of elements on every rank.
    /// - Throws: `MPIError`, also if a buffer has the wrong length.
    public func scatter<Element: Transferable>(
        _ values: Span<Element>, into result: consuming MutableSpan<Element>, root: Int
    ) throws {
        let counts = [Int](repeating: result.count, count: size)
        try scatter(values, counts: counts, into: result, root: root)
    }

    /// Scatters parts of different lengths of the values of `root` to the ranks in their order (MPI's scatterv).
    /// Collective: every rank calls it.
    ///
    ///     rank 0     rank 1   rank 2         rank 0   rank 1   rank 2
    ///     [a b c]    []       []       ->    [a b]    []       [c]       counts [2 0 1], root 0
    ///
    /// - Parameters:
    ///   - values: On `root`, the sum of `counts` elements; unused on the other ranks, of any length.
    ///   - counts: Number of elements for each rank; the same list on every rank.
    ///   - result: `counts[rank]` elements.
    /// - Throws: `MPIError`, also if the counts or the length of a buffer do not fit.
    public func scatter<Element: Transferable>(
        _ values: Span<Element>, counts: [Int], into result: consuming MutableSpan<Element>, root: Int
    ) throws {
        let call: StaticString = "MPI_Scatterv"
        let layout = try PackedLayout(call, counts: counts, size: size)
        if rank == root { try MPIError.checkCount(call, "send buffer", values.count, expected: layout.total) }
        try MPIError.checkCount(call, "receive buffer", result.count, expected: counts[rank])
        if rank == root { countBytes(layout.total, of: Element.self) }
        try result.withUnsafeMutableBufferPointer { result in
            try values.withUnsafeBufferPointer { values in
                guard layout.total > maximumCount else {
                    return try collective(
                        call,
                        mpi.scatterv(
                            values.baseAddress, layout.counts32, layout.starts32, result.baseAddress,
                            Int32(result.count), Element.datatype.code, Int32(clamping: root), handle))
                }
                let sends = rank == root ? layout.ranges : []
                let receives = (0..<size).map { $0 == root ? 0..<result.count : 0..<0 }
                try exchange(values, sends, into: result, receives)
            }
        }
    }

    /// Gathers equal parts on every rank, in the order of the ranks. Collective: every rank calls it.
    ///
    ///     rank 0   rank 1   rank 2         rank 0           rank 1           rank 2
    ///     [a b]    [c d]    [e f]    ->    [a b c d e f]    [a b c d e f]    [a b c d e f]
    ///
    /// - Parameters:
    ///   - values: The same number of elements on every rank.
    ///   - result: `size` times that number.
    /// - Throws: `MPIError`, also if a buffer has the wrong length.
    public func allgather<Element: Transferable>(
        _ values: Span<Element>, into result: consuming MutableSpan<Element>
    ) throws {
        let counts = [Int](repeating: values.count, count: size)
        try allgather(values, counts: counts, into: result)
    }

    /// Gathers parts of different lengths on every rank, in the order of the ranks (MPI's allgatherv).
    /// Collective: every rank calls it.
    ///
    ///     rank 0   rank 1   rank 2         rank 0     rank 1     rank 2
    ///     [a b]    []       [c]      ->    [a b c]    [a b c]    [a b c]       counts [2 0 1]
    ///
    /// - Parameters:
    ///   - values: `counts[rank]` elements.
    ///   - counts: Number of elements on each rank; the same list on every rank.
    ///   - result: The sum of `counts` elements.
    /// - Throws: `MPIError`, also if the counts or the length of a buffer do not fit.
    public func allgather<Element: Transferable>(
        _ values: Span<Element>, counts: [Int], into result: consuming MutableSpan<Element>
    ) throws {
        let call: StaticString = "MPI_Allgatherv"
        let layout = try PackedLayout(call, counts: counts, size: size)
        try MPIError.checkCount(call, "send buffer", values.count, expected: counts[rank])
        try MPIError.checkCount(call, "receive buffer", result.count, expected: layout.total)
        countBytes(values.count, of: Element.self)
        try result.withUnsafeMutableBufferPointer { result in
            try values.withUnsafeBufferPointer { values in
                guard layout.total > maximumCount else {
                    return try collective(
                        call,
                        mpi.allgatherv(
                            values.baseAddress, Int32(values.count), result.baseAddress, layout.counts32,
                            layout.starts32, Element.datatype.code, handle))
                }
                let sends = [Range<Int>](repeating: 0..<values.count, count: size)
                try exchange(values, sends, into: result, layout.ranges)
            }
        }
    }

    /// Gathers parts of different lengths on every rank, in place: each rank's own part is already at its position in
    /// the buffer. Collective: every rank calls it.
    ///
    ///     rank 0     rank 1     rank 2         rank 0     rank 1     rank 2
    ///     [a b .]    [. . .]    [. . c]   ->   [a b c]    [a b c]    [a b c]       counts [2 0 1]
    ///
    /// - Parameters:
    ///   - buffer: The sum of `counts` elements.
    ///   - counts: Number of elements on each rank; the same list on every rank.
    /// - Throws: `MPIError`, also if the counts or the length of `buffer` do not fit.
    public func allgather<Element: Transferable>(
        inPlace buffer: consuming MutableSpan<Element>, counts: [Int]
    ) throws {
        let call: StaticString = "MPI_Allgatherv"
        let layout = try PackedLayout(call, counts: counts, size: size)
        try MPIError.checkCount(call, "buffer", buffer.count, expected: layout.total)
        countBytes(counts[rank], of: Element.self)
        try buffer.withUnsafeMutableBufferPointer { buffer in
            guard layout.total > maximumCount else {
                return try collective(
                    call,
                    mpi.allgatherv_in_place(
                        buffer.baseAddress, layout.counts32, layout.starts32, Element.datatype.code, handle))
            }
            var (sends, receives) = ([Range<Int>](repeating: layout.ranges[rank], count: size), layout.ranges)
            (sends[rank], receives[rank]) = (0..<0, 0..<0)
            try exchange(UnsafeBufferPointer(buffer), sends, into: buffer, receives)
        }
    }
}
