internal import CMPI

/// A send, receive or reduction in progress, which owns its buffer.
///
/// `wait()` completes it and returns the buffer. Dropping a request before that is safe: a receive is canceled, and a
/// message that has already arrived is lost; a send or reduction still takes place, since other ranks count on it, and
/// its buffer lives until it is done, at the latest in `Session.finalize()`.
///
/// Open MPI makes progress with a reduction only while this process is inside MPI: call `test()` now and then.
public final class Request<Element: Transferable> {
    private let transfer: Transfer
    private let abandoned: AbandonedTransfers

    /// A request for the operation started with `transfer`, whose buffer it frees.
    init(_ transfer: Transfer, on communicator: Communicator) {
        self.transfer = transfer
        abandoned = communicator.abandoned
    }

    deinit {
        abandoned.take(transfer)
    }

    /// Waits until the operation is complete; returns a copy of its buffer, also when called again.
    ///
    /// The buffer holds the elements sent, the elements received, or the result of the reduction; after a reduction to
    /// one root, the buffers of the other ranks are unchanged.
    ///
    /// - Throws: `MPIError`, also for a message shorter than the receive's count.
    @discardableResult
    public func wait() throws -> [Element] {
        try transfer.wait()
        return Array(transfer.buffer.assumingMemoryBound(to: Element.self))
    }

    /// Whether the operation is complete; lets MPI work on it, and does not wait.
    ///
    /// - Throws: `MPIError`, also for a message shorter than the receive's count.
    public func test() throws -> Bool {
        try transfer.test()
    }
}

/// A buffer with the MPI requests that work on it: one for each piece of at most `maximumCount` elements.
final class Transfer {
    enum Kind { case receive, other }

    let buffer: UnsafeMutableRawBufferPointer
    private var pieces: [Piece] = []
    private let kind: Kind
    private let datatype: CMPIDatatype

    private struct Piece {
        var request: CMPIRequest
        let count: Int
    }

    /// A transfer of `elements` with nothing started yet. The caller frees them once it is complete.
    init<Element: Transferable>(_ kind: Kind, on elements: UnsafeMutableBufferPointer<Element>) {
        self.kind = kind
        buffer = UnsafeMutableRawBufferPointer(elements)
        datatype = Element.datatype.code
    }

    /// Starts one piece. `begin` makes the MPI call that fills in the request, and returns its code.
    func start(_ call: StaticString, count: Int, _ begin: (UnsafeMutablePointer<CMPIRequest>) -> Int32) throws {
        var request = CMPIRequest()
        try MPIError.check(call, begin(&request))
        pieces.append(Piece(request: request, count: count))
    }

    func wait() throws {
        while let piece = pieces.popLast() {
            var request = piece.request
            var received: Int32 = 0
            try MPIError.check("MPI_Wait", mpi.wait(&request, datatype, &received))
            try checkLength(of: piece, received: received)
        }
    }

    func test() throws -> Bool {
        while var piece = pieces.popLast() {
            var isComplete = false
            var received: Int32 = 0
            try MPIError.check("MPI_Test", mpi.test(&piece.request, datatype, &isComplete, &received))
            guard isComplete else {
                pieces.append(piece)
                return false
            }
            try checkLength(of: piece, received: received)
        }
        return true
    }

    private func checkLength(of piece: Piece, received: Int32) throws {
        guard kind == .receive else { return }
        try MPIError.checkCount("MPI_Irecv", "message", Int(received), expected: piece.count)
    }

    /// Cancels a receive that nobody waits for; returns whether MPI is done with the buffer.
    func cancel() -> Bool {
        guard kind == .receive else { return pieces.isEmpty }
        while var piece = pieces.popLast() {
            var received: Int32 = 0
            // A canceled receive completes without its message, so that this wait is short.
            guard mpi.cancel(&piece.request) == CMPISuccess,
                mpi.wait(&piece.request, datatype, &received) == CMPISuccess
            else {
                pieces.append(piece)
                return false
            }
        }
        return true
    }
}

/// Transfers whose `Request` was dropped while MPI may still use their buffers.
final class AbandonedTransfers {
    private var transfers: [Transfer] = []

    /// Frees the buffer of `transfer` if MPI is done with it or can be made to be; otherwise keeps it.
    func take(_ transfer: Transfer) {
        var isFinalized = false
        let isOver = mpi.finalized(&isFinalized) == CMPISuccess && isFinalized
        if isOver || (try? transfer.test()) == true || transfer.cancel() {
            transfer.buffer.deallocate()
        } else {
            transfers.append(transfer)
        }
    }

    /// Waits for all abandoned transfers and frees their buffers.
    func complete() throws {
        while let transfer = transfers.popLast() {
            try transfer.wait()
            transfer.buffer.deallocate()
        }
    }
}
