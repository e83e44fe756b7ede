internal import CMPI

/// Messages from one rank to another. Messages between the same two ranks with the same tag arrive in the order sent.
///
/// Tags are 0...32766: MPI guarantees no more than 32767, and the collectives use that one.
extension Communicator {
    /// Sends `values` to `destination`; returns when the buffer may be reused.
    ///
    ///     rank 0 sends to 1      [a b]   [. .]   ->   [a b]   [a b]
    ///
    /// The receiver passes the same number of elements and the same tag.
    ///
    /// - Throws: `MPIError`.
    public func send<Element: Transferable>(_ values: Span<Element>, to destination: Int, tag: Int = 0) throws {
        try values.withUnsafeBufferPointer { try send($0, to: destination, tag: tag) }
    }

    /// Sends an array to `destination`: see `send(_:to:tag:)` for spans.
    ///
    /// - Throws: `MPIError`.
    public func send<Element: Transferable>(_ values: [Element], to destination: Int, tag: Int = 0) throws {
        try values.withUnsafeBufferPointer { try send($0, to: destination, tag: tag) }
    }

    /// Fills `buffer` with a message from `source`.
    ///
    /// - Throws: `MPIError`, also for a message that is shorter or longer than `buffer`.
    public func receive<Element: Transferable>(
        into buffer: consuming MutableSpan<Element>, from source: Int, tag: Int = 0
    ) throws {
        try buffer.withUnsafeMutableBufferPointer { buffer in
            try startReceive(into: buffer, from: source, tag: tag).wait()
        }
    }

    /// Receives `count` elements from `source`.
    ///
    /// - Throws: `MPIError`, also for a message that is shorter or longer than `count`.
    public func receive<Element: Transferable>(
        _: Element.Type = Element.self, count: Int, from source: Int, tag: Int = 0
    ) throws -> [Element] {
        try Array(unsafeUninitializedCapacity: count) { buffer, initialized in
            try startReceive(into: buffer, from: source, tag: tag).wait()
            initialized = count
        }
    }

    /// Sends `values` to one rank while receiving `buffer` from another: shifts and swaps without deadlock.
    ///
    ///     to the next rank     [a . ]  [b . ]  [c . ]   ->   [a c]  [b a]  [c b]
    ///
    /// - Throws: `MPIError`, also for a message that is shorter or longer than `buffer`.
    public func sendReceive<Element: Transferable>(
        _ values: Span<Element>, to destination: Int,
        into buffer: consuming MutableSpan<Element>, from source: Int, tag: Int = 0
    ) throws {
        try buffer.withUnsafeMutableBufferPointer { buffer in
            let receiving = try startReceive(into: buffer, from: source, tag: tag)
            do {
                try values.withUnsafeBufferPointer { try send($0, to: destination, tag: tag) }
            } catch {
                _ = receiving.cancel()
                throw error
            }
            try receiving.wait()
        }
    }

    /// Starts to send a copy of `values` to `destination`.
    ///
    /// - Throws: `MPIError`.
    public func isend<Element: Transferable>(
        _ values: [Element], to destination: Int, tag: Int = 0
    ) throws -> Request<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: values.count)
        _ = buffer.initialize(from: values)
        let transfer = Transfer(.other, on: buffer)
        let request = Request<Element>(transfer, on: self)
        countBytes(values.count, of: Element.self)
        try startSend(transfer, of: UnsafeBufferPointer(buffer), to: destination, tag: tag)
        return request
    }

    /// Starts to receive `count` elements from `source`.
    ///
    /// - Throws: `MPIError`.
    public func ireceive<Element: Transferable>(
        _: Element.Type = Element.self, count: Int, from source: Int, tag: Int = 0
    ) throws -> Request<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: count)
        let transfer = Transfer(.receive, on: buffer)
        let request = Request<Element>(transfer, on: self)
        try startReceive(transfer, into: buffer, from: source, tag: tag)
        return request
    }
}

/// Pointer variants, which the collectives use for more elements than their MPI call can count.
extension Communicator {
    func send<Element: Transferable>(
        _ values: UnsafeBufferPointer<Element>, to destination: Int, tag: Int
    ) throws {
        countBytes(values.count, of: Element.self)
        for piece in pieces(of: values.count) {
            try MPIError.check(
                "MPI_Send",
                mpi.send(
                    address(of: values, at: piece.lowerBound), Int32(piece.count), Element.datatype.code,
                    Int32(clamping: destination), Int32(clamping: tag), handle))
        }
    }

    /// Starts a receive into a buffer that must outlive the returned transfer.
    func startReceive<Element: Transferable>(
        into buffer: UnsafeMutableBufferPointer<Element>, from source: Int, tag: Int
    ) throws -> Transfer {
        let transfer = Transfer(.receive, on: buffer)
        do {
            try startReceive(transfer, into: buffer, from: source, tag: tag)
        } catch {
            _ = transfer.cancel()
            throw error
        }
        return transfer
    }

    func startSend<Element: Transferable>(
        _ transfer: Transfer, of values: UnsafeBufferPointer<Element>, to destination: Int, tag: Int
    ) throws {
        for piece in pieces(of: values.count) {
            try transfer.start("MPI_Isend", count: piece.count) {
                mpi.isend(
                    address(of: values, at: piece.lowerBound), Int32(piece.count), Element.datatype.code,
                    Int32(clamping: destination), Int32(clamping: tag), handle, $0)
            }
        }
    }

    private func startReceive<Element: Transferable>(
        _ transfer: Transfer, into buffer: UnsafeMutableBufferPointer<Element>, from source: Int, tag: Int
    ) throws {
        for piece in pieces(of: buffer.count) {
            try transfer.start("MPI_Irecv", count: piece.count) {
                mpi.irecv(
                    address(of: buffer, at: piece.lowerBound), Int32(piece.count), Element.datatype.code,
                    Int32(clamping: source), Int32(clamping: tag), handle, $0)
            }
        }
    }

    func address<Element>(of buffer: UnsafeBufferPointer<Element>, at offset: Int) -> UnsafePointer<Element>? {
        buffer.baseAddress.map { $0 + offset }
    }

    func address<Element>(
        of buffer: UnsafeMutableBufferPointer<Element>, at offset: Int
    ) -> UnsafeMutablePointer<Element>? {
        buffer.baseAddress.map { $0 + offset }
    }
}
