import Platform
import UserMessages

/// Memory of a size that a file says, so that it may well not be there: allocating it can fail without ending the
/// process.
///
/// Filled once, before anybody else sees it, and only read from then on.
final class HeapBytes: @unchecked Sendable {
    private let room: UnsafeMutableRawBufferPointer

    /// The bytes.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(room) }

    /// Memory for `byteCount` bytes, filled by `fill`. It begins at a cache line.
    ///
    /// - Parameters:
    ///   - path: The file that wants the memory, for the error message.
    ///   - what: What takes so much of it there, such as `the inflated member 'logits.npy'`.
    /// - Throws: `ArrayFileError` (outOfMemory) if that much is not free; errors of `fill`.
    init(
        _ byteCount: Int, for what: String, in path: String, fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        func refused(_ free: Int?) -> ArrayFileError {
            let there = free.map { ", and only \(ByteCount($0)) are free" } ?? ", which the system does not give"
            return ArrayFileError(
                kind: .outOfMemory, path: path, reason: "\(what) needs \(ByteCount(byteCount)) of memory\(there)")
        }
        // The system promises more than it has, and kills who takes it.
        if byteCount >= Self.worthAsking, let free = FreeMemory.byteCount, free < byteCount { throw refused(free) }
        var address: UnsafeMutableRawPointer?
        guard posix_memalign(&address, 64, max(1, byteCount)) == 0, let address else { throw refused(nil) }
        room = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
        try fill(room)
    }

    deinit { free(room.baseAddress) }

    /// Below this size nobody asks the system how much is free.
    private static let worthAsking = 64 << 20
}
