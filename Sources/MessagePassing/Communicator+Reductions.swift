internal import CMPI

/// Reductions combine the elements at the same position on every rank.
///
/// Every rank passes the same number of elements and the same reduction. The drawings use + as the reduction.
extension Communicator {
    /// Combines the buffers of all ranks in place, on every rank. Collective: every rank calls it.
    ///
    ///     rank 0   rank 1   rank 2         rank 0         rank 1         rank 2
    ///     [a b]    [c d]    [e f]    ->    [a+c+e b+d+f]  [a+c+e b+d+f]  [a+c+e b+d+f]
    ///
    /// - Throws: `MPIError`.
    public func allreduce<Element: Transferable>(
        _ buffer: consuming MutableSpan<Element>, _ reduction: Reduction
    ) throws {
        countBytes(buffer.count, of: Element.self)
        try buffer.withUnsafeMutableBufferPointer { buffer in
            for piece in pieces(of: buffer.count) {
                try collective(
                    "MPI_Allreduce",
                    mpi.allreduce(
                        address(of: buffer, at: piece.lowerBound), Int32(piece.count), Element.datatype.code,
                        reduction.code, handle))
            }
        }
    }

    /// Combines arrays of the same length on every rank. Collective: every rank calls it.
    ///
    ///     [a b]    [c d]    [e f]    ->    [a+c+e b+d+f]  [a+c+e b+d+f]  [a+c+e b+d+f]
    ///
    /// - Throws: `MPIError`.
    public func allreduce<Element: Transferable>(_ values: [Element], _ reduction: Reduction) throws -> [Element] {
        var result = values
        try allreduce(result.mutableSpan, reduction)
        return result
    }

    /// Combines one value per rank, on every rank. Collective: every rank calls it.
    ///
    ///     a        b        c        ->    a+b+c          a+b+c          a+b+c
    ///
    /// - Throws: `MPIError`.
    public func allreduce<Element: Transferable>(_ value: Element, _ reduction: Reduction) throws -> Element {
        try allreduce([value], reduction)[0]
    }

    /// Combines the buffers of all ranks in place, on `root`. Collective: every rank calls it.
    ///
    ///     rank 0   rank 1   rank 2         rank 0         rank 1   rank 2
    ///     [a b]    [c d]    [e f]    ->    [a+c+e b+d+f]  [c d]    [e f]         root 0
    ///
    /// - Throws: `MPIError`.
    public func reduce<Element: Transferable>(
        _ buffer: consuming MutableSpan<Element>, _ reduction: Reduction, root: Int
    ) throws {
        countBytes(buffer.count, of: Element.self)
        try buffer.withUnsafeMutableBufferPointer { try reduce($0, reduction, root: root) }
    }

    /// Combines one value per rank on `root`; returns nil on the other ranks. Collective: every rank calls it.
    ///
    ///     a        b        c        ->    a+b+c          nil      nil           root 0
    ///
    /// - Throws: `MPIError`.
    public func reduce<Element: Transferable>(
        _ value: Element, _ reduction: Reduction, root: Int
    ) throws -> Element? {
        var values = [value]
        try reduce(values.mutableSpan, reduction, root: root)
        return rank == root ? values[0] : nil
    }

    /// Combines the values of all ranks and leaves each rank its part of the result. Collective: every rank calls it.
    ///
    ///     rank 0     rank 1     rank 2           rank 0         rank 1   rank 2
    ///     [a b c]    [d e f]    [g h i]    ->    [a+d+g b+e+h]  [c+f+i]  []         counts [2 1 0]
    ///
    /// - Parameters:
    ///   - values: The sum of `counts` elements.
    ///   - counts: Number of elements for each rank; the same list on every rank.
    ///   - result: `counts[rank]` elements.
    /// - Throws: `MPIError`, also if the counts or the length of a buffer do not fit.
    public func reduceScatter<Element: Transferable>(
        _ values: Span<Element>, counts: [Int], into result: consuming MutableSpan<Element>, _ reduction: Reduction
    ) throws {
        let call: StaticString = "MPI_Reduce_scatter"
        try MPIError.checkCounts(call, counts, size: size)
        let total = counts.reduce(0, +)
        try MPIError.checkCount(call, "send buffer", values.count, expected: total)
        try MPIError.checkCount(call, "receive buffer", result.count, expected: counts[rank])
        countBytes(total, of: Element.self)
        try result.withUnsafeMutableBufferPointer { result in
            try values.withUnsafeBufferPointer { values in
                guard total > maximumCount else {
                    return try collective(
                        call,
                        mpi.reduce_scatter(
                            values.baseAddress, result.baseAddress, counts.map(Int32.init), Element.datatype.code,
                            reduction.code, handle))
                }
                try reduceParts(of: values, counts: counts, into: result, reduction)
            }
        }
    }

    /// Combines the values of all ranks and leaves each rank an equal part of the result. Collective: every rank calls
    /// it.
    ///
    ///     rank 0     rank 1     rank 2           rank 0   rank 1   rank 2
    ///     [a b c]    [d e f]    [g h i]    ->    [a+d+g]  [b+e+h]  [c+f+i]
    ///
    /// - Parameters:
    ///   - values: `size` times as many elements as `result`.
    ///   - result: The same number of elements on every rank.
    /// - Throws: `MPIError`, also if a buffer has the wrong length.
    public func reduceScatter<Element: Transferable>(
        _ values: Span<Element>, into result: consuming MutableSpan<Element>, _ reduction: Reduction
    ) throws {
        let counts = [Int](repeating: result.count, count: size)
        try reduceScatter(values, counts: counts, into: result, reduction)
    }

    /// Starts `allreduce` on a copy of `values`. Collective: every rank calls it, in the same order as the other
    /// collectives.
    ///
    ///     [a b]    [c d]    [e f]    ->    [a+c+e b+d+f]  [a+c+e b+d+f]  [a+c+e b+d+f]
    ///
    /// - Throws: `MPIError`.
    public func iallreduce<Element: Transferable>(
        _ values: [Element], _ reduction: Reduction
    ) throws -> Request<Element> {
        try startReduction("MPI_Iallreduce", of: values) { buffer, count, request in
            mpi.iallreduce(buffer, count, Element.datatype.code, reduction.code, handle, request)
        }
    }

    /// Starts `reduce` on a copy of `values`. Collective: every rank calls it, in the same order as the other
    /// collectives.
    ///
    ///     [a b]    [c d]    [e f]    ->    [a+c+e b+d+f]  [c d]    [e f]         root 0
    ///
    /// - Throws: `MPIError`.
    public func ireduce<Element: Transferable>(
        _ values: [Element], _ reduction: Reduction, root: Int
    ) throws -> Request<Element> {
        let (isRoot, root) = (rank == root, Int32(clamping: root))
        return try startReduction("MPI_Ireduce", of: values) { buffer, count, request in
            mpi.ireduce(buffer, count, Element.datatype.code, reduction.code, isRoot, root, handle, request)
        }
    }

    private func reduce<Element: Transferable>(
        _ buffer: UnsafeMutableBufferPointer<Element>, _ reduction: Reduction, root: Int
    ) throws {
        for piece in pieces(of: buffer.count) {
            try collective(
                "MPI_Reduce",
                mpi.reduce(
                    address(of: buffer, at: piece.lowerBound), Int32(piece.count), Element.datatype.code,
                    reduction.code, rank == root, Int32(clamping: root), handle))
        }
    }

    /// Reduce-scatter of more elements than one MPI call can count: one reduce per rank. Its in-place reduce needs a
    /// copy of one part only.
    private func reduceParts<Element: Transferable>(
        of values: UnsafeBufferPointer<Element>, counts: [Int], into result: UnsafeMutableBufferPointer<Element>,
        _ reduction: Reduction
    ) throws {
        var start = 0
        for (root, count) in counts.enumerated() {
            var part = Array(values[start..<start + count])
            try part.withUnsafeMutableBufferPointer { try reduce($0, reduction, root: root) }
            if rank == root { _ = result.update(from: part) }
            start += count
        }
    }

    private func startReduction<Element: Transferable>(
        _ call: StaticString, of values: [Element],
        _ begin: (UnsafeMutablePointer<Element>?, Int32, UnsafeMutablePointer<CMPIRequest>) -> Int32
    ) throws -> Request<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: values.count)
        _ = buffer.initialize(from: values)
        let transfer = Transfer(.other, on: buffer)
        let request = Request<Element>(transfer, on: self)
        countBytes(values.count, of: Element.self)
        for piece in pieces(of: values.count) {
            try transfer.start(call, count: piece.count) {
                begin(address(of: buffer, at: piece.lowerBound), Int32(piece.count), $0)
            }
        }
        return request
    }
}
