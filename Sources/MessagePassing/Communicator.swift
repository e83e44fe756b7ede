internal import CMPI

/// A group of ranks that communicate only with one another.
///
/// Communicators are passed to the functions that need them, never global. `Session.world` is borrowed; a communicator
/// split off is owned, and freed with its last reference.
///
/// Buffers are spans: `array.span` to read, `array.mutableSpan` to write. Their lengths are checked before anything is
/// sent, and a wrong length throws an `MPIError`. Buffers of more than the 2^31 - 1 elements that MPI's interface can
/// count are sent in pieces, which callers need not care about.
public final class Communicator {
    /// The number of this process among the ranks: 0..<size.
    public let rank: Int
    /// Number of ranks: at least 1.
    public let size: Int

    /// Bytes that this rank has passed to MPI calls, through this communicator and all communicators split from it.
    ///
    /// The rule: the bytes of the buffer that the rank contributes, once, regardless of the number of receiving ranks
    /// and of how often the library forwards it. Sends, reductions, gathers and all-to-all count the rank's own buffer,
    /// broadcast and scatter the root's; receiving counts nothing, and neither does a communicator with one rank.
    /// Lengths that a call exchanges before its buffers count as well, 8 bytes each.
    public private(set) var bytesCommunicated = 0

    /// The largest count passed to one MPI call, the same on every rank. Tests lower it so that short buffers are sent
    /// in pieces.
    package var maximumCount = Int(Int32.max)

    let handle: CMPICommunicator
    /// Requests that were dropped before completion, in the whole session.
    let abandoned: AbandonedTransfers
    private let parent: Communicator?

    init(world handle: CMPICommunicator) throws {
        self.handle = handle
        (rank, size) = try Communicator.place(in: handle)
        abandoned = AbandonedTransfers()
        parent = nil
    }

    private init(owned handle: CMPICommunicator, parent: Communicator) throws {
        self.handle = handle
        (rank, size) = try Communicator.place(in: handle)
        abandoned = parent.abandoned
        maximumCount = parent.maximumCount
        self.parent = parent
    }

    deinit {
        var isFinalized = false
        guard parent != nil, mpi.finalized(&isFinalized) == CMPISuccess, !isFinalized else { return }
        _ = mpi.comm_free(handle)
    }

    private static func place(in handle: CMPICommunicator) throws -> (rank: Int, size: Int) {
        var rank: Int32 = 0
        var size: Int32 = 0
        try MPIError.check("MPI_Comm_rank", mpi.comm_rank(handle, &rank))
        try MPIError.check("MPI_Comm_size", mpi.comm_size(handle, &size))
        return (Int(rank), Int(size))
    }

    /// Splits the ranks into new communicators, one for each color. Collective: every rank calls it.
    ///
    ///     rank     0       1       2       3            color 7: ranks 0, 2 become 0, 1
    ///     color    7       nil     7       3       ->   color 3: rank 3 becomes 0
    ///                                                   rank 1 gets nil
    ///
    /// - Parameters:
    ///   - color: Ranks with the same color, at least 0, form a communicator; nil joins none.
    ///   - key: The new ranks are ordered by key, then by old rank.
    /// - Returns: The communicator of this rank's color; nil if its color is nil.
    /// - Throws: `MPIError`.
    public func split(color: Int?, key: Int = 0) throws -> Communicator? {
        var part = handle
        var joined = false
        let color = color.map(Int32.init(clamping:)) ?? -1
        try MPIError.check("MPI_Comm_split", mpi.comm_split(handle, color, Int32(clamping: key), &part, &joined))
        return joined ? try Communicator(owned: part, parent: self) : nil
    }

    /// Splits the ranks by host, in rank order. Collective: every rank calls it.
    ///
    ///     rank     0       1       2       3            host a: ranks 0, 1 become 0, 1
    ///     host     a       a       b       b       ->   host b: ranks 2, 3 become 0, 1
    ///
    /// - Throws: `MPIError`.
    public func splitByHost() throws -> Communicator {
        var part = handle
        try MPIError.check("MPI_Comm_split_type", mpi.comm_split_shared(handle, Int32(clamping: rank), &part))
        return try Communicator(owned: part, parent: self)
    }

    /// Makes an MPI call that all ranks of this communicator make.
    func collective(_ call: StaticString, _ body: @autoclosure () -> Int32) throws {
        if MPIStatistics.separatesWaiting, size > 1 { _ = MPIStatistics.waiting { mpi.barrier(handle) } }
        try MPIError.check(call, body())
    }

    /// Adds this rank's contribution to one call, here and in the communicators from which this one was split.
    func countBytes<Element: Transferable>(_ count: Int, of _: Element.Type) {
        guard size > 1 else { return }
        let bytes = count * MemoryLayout<Element>.stride
        var communicator: Communicator? = self
        while let current = communicator {
            current.bytesCommunicated += bytes
            communicator = current.parent
        }
    }

    /// Consecutive ranges of at most `maximumCount` elements that cover 0..<count; one empty range for 0.
    func pieces(of count: Int) -> [Range<Int>] {
        guard count > maximumCount else { return [0..<count] }
        return stride(from: 0, to: count, by: maximumCount).map { $0..<Swift.min($0 + maximumCount, count) }
    }
}
