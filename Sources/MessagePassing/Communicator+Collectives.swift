internal import CMPI

/// Collectives that move elements as they are: broadcast, gather, scatter, allgather, and the barrier.
extension Communicator {
    /// Waits until every rank has come here. Collective: every rank calls it.
    public func barrier() throws {
        try MPIError.check("MPI_Barrier", CMPI_Barrier(handle))
    }

    /// Copies the buffer of `root` to every rank. Collective: every rank calls it.
    ///
    ///     rank 0   rank 1   rank 2         rank 0   rank 1   rank 2
    ///     [a b]    [. .]    [. .]    ->    [a b]    [a b]    [a b]       root 0
    ///
    /// The buffers have the same number of elements on every rank.
    public func broadcast<Element: Transferable>(_ buffer: consuming MutableSpan<Element>, root: Int) throws {
        if rank == root { codeBytes(buffer.count, of: Element.self) }
        try buffer.withUnsafeMutableBufferPointer { buffer in
            for piece in pieces(of: buffer.count) {
                try collective(
                    "MPI_Bcast",
                    CMPI_Bcast(
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
    ///   - values: As many elements on every rank.
    ///   - result: On `root`, `size` times as many; elsewhere unused, of any length.
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
    ///   - counts: How many elements each rank has; the same on every rank.
    ///   - result: On `root`, as many as the sum of `counts`; elsewhere unused, of any length.
    public func gather<Element: Transferable>(
        _ values: Span<Element>, counts: [Int], into result: consuming MutableSpan<Element>, root: Int
    ) throws {
        let call: StaticString = "MPI_Gatherv"
        let layout = try PackedLayout(call, counts: counts, size: size)
        try MPIError.checkCount(call, "send buffer", values.count, expected: counts[rank])
        if rank == root { try MPIError.checkCount(call, "receive buffer", result.count, expected: layout.total) }
        codeBytes(values.count, of: Element.self)
        try result.withUnsafeMutableBufferPointer { result in
            try values.withUnsafeBufferPointer { values in
                guard layout.total > maximumCount else {
                    return try collective(
                        call,
                        CMPI_Gatherv(
                            values.baseAddress, Int32(values.count), result.baseAddress, layout.counts32,
                            layout.starts32, Element.datatype.code, Int32(clamping: root), handle))
                }
                let receives = rank == root ? layout.ranges : []
                let sends = (0..<size).map { $0 == root ? 0..<values.count : 0..<0 }
                try exchange(values, sends, into: result, receives)
            }
        }
    }

    /// Copies equal parts of the values of `root` to the ranks in their order. Collective: every rank calls it.
    ///
    ///     rank 0           rank 1   rank 2         rank 0   rank 1   rank 2
    ///     [a b c d e f]    []       []       ->    [a b]    [c d]    [e f]       root 0
    ///
    /// - Parameters:
    ///   - values: On `root`, `size` times as many elements as `result`; elsewhere unused, of any length.
    ///   - result: As many elements on every rank.
    public func scatter<Element: Transferable>(
        _ values: Span<Element>, into result: consuming MutableSpan<Element>, root: Int
    ) throws {
        let counts = [Int](repeating: result.count, count: size)
        try scatter(values, counts: counts, into: result, root: root)
    }

    /// Copies parts of different lengths of the values of `root` to the ranks in their order (MPI's scatterv).
    /// Collective: every rank calls it.
    ///
    ///     rank 0     rank 1   rank 2         rank 0   rank 1   rank 2
    ///     [a b c]    []       []       ->    [a b]    []       [c]       counts [2 0 1], root 0
    ///
    /// - Parameters:
    ///   - values: On `root`, as many as the sum of `counts`; elsewhere unused, of any length.
    ///   - counts: How many elements each rank gets; the same on every rank.
    ///   - result: `counts[rank]` elements.
    public func scatter<Element: Transferable>(
        _ values: Span<Element>, counts: [Int], into result: consuming MutableSpan<Element>, root: Int
    ) throws {
        let call: StaticString = "MPI_Scatterv"
        let layout = try PackedLayout(call, counts: counts, size: size)
        if rank == root { try MPIError.checkCount(call, "send buffer", values.count, expected: layout.total) }
        try MPIError.checkCount(call, "receive buffer", result.count, expected: counts[rank])
        if rank == root { codeBytes(layout.total, of: Element.self) }
        try result.withUnsafeMutableBufferPointer { result in
            try values.withUnsafeBufferPointer { values in
                guard layout.total > maximumCount else {
                    return try collective(
                        call,
                        CMPI_Scatterv(
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
    ///   - values: As many elements on every rank.
    ///   - result: `size` times as many.
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
    ///   - counts: How many elements each rank has; the same on every rank.
    ///   - result: As many as the sum of `counts`.
    public func allgather<Element: Transferable>(
        _ values: Span<Element>, counts: [Int], into result: consuming MutableSpan<Element>
    ) throws {
        let call: StaticString = "MPI_Allgatherv"
        let layout = try PackedLayout(call, counts: counts, size: size)
        try MPIError.checkCount(call, "send buffer", values.count, expected: counts[rank])
        try MPIError.checkCount(call, "receive buffer", result.count, expected: layout.total)
        codeBytes(values.count, of: Element.self)
        try result.withUnsafeMutableBufferPointer { result in
            try values.withUnsafeBufferPointer { values in
                guard layout.total > maximumCount else {
                    return try collective(
                        call,
                        CMPI_Allgatherv(
                            values.baseAddress, Int32(values.count), result.baseAddress, layout.counts32,
                            layout.starts32, Element.datatype.code, handle))
                }
                let sends = [Range<Int>](repeating: 0..<values.count, count: size)
                try exchange(values, sends, into: result, layout.ranges)
            }
        }
    }

    /// Gathers parts of different lengths on every rank, each of which stands in its rank's buffer already, where the
    /// result has it. Collective: every rank calls it.
    ///
    ///     rank 0     rank 1     rank 2         rank 0     rank 1     rank 2
    ///     [a b .]    [. . .]    [. . c]   ->   [a b c]    [a b c]    [a b c]       counts [2 0 1]
    ///
    /// - Parameters:
    ///   - buffer: As many elements as the sum of `counts`.
    ///   - counts: How many elements each rank has; the same on every rank.
    public func allgather<Element: Transferable>(
        inPlace buffer: consuming MutableSpan<Element>, counts: [Int]
    ) throws {
        let call: StaticString = "MPI_Allgatherv"
        let layout = try PackedLayout(call, counts: counts, size: size)
        try MPIError.checkCount(call, "buffer", buffer.count, expected: layout.total)
        codeBytes(counts[rank], of: Element.self)
        try buffer.withUnsafeMutableBufferPointer { buffer in
            guard layout.total > maximumCount else {
                return try collective(
                    call,
                    CMPI_AllgathervInPlace(
                        buffer.baseAddress, layout.counts32, layout.starts32, Element.datatype.code, handle))
            }
            var (sends, receives) = ([Range<Int>](repeating: layout.ranges[rank], count: size), layout.ranges)
            (sends[rank], receives[rank]) = (0..<0, 0..<0)
            try exchange(UnsafeBufferPointer(buffer), sends, into: buffer, receives)
        }
    }
}
