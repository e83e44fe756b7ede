import Platform
import Synchronization

/// A regular file mapped into memory for reading: only the pages touched are read, when they are touched.
///
/// A file stays mapped as long as the process has room for it, see `MappingRoom`; beyond that it is mapped anew for
/// each use. No file descriptor is kept.
///
/// The file must not change while it is open: ``requireUnchanged()`` tells whether it did. ``MappingFaults`` reports
/// a file that is truncated in the meantime.
public final class MappedFile: Sendable {
    /// The path by which the file was opened.
    public let path: String
    /// The size of the file in bytes when it was opened.
    public let byteCount: Int
    /// What may be made of the file.
    let budget: ReadingBudget
    private let status: Status
    private let room: MappingRoom

    /// The attributes that change when a file does.
    private struct Status: Equatable {
        let identity: FileIdentity
        let size, seconds, nanoseconds: Int

        init(_ status: stat) {
            identity = FileIdentity(status)
            size = Int(status.st_size)
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    /// The mapped memory, as long as there is any.
    private struct Mapping {
        /// The address; nil while the file is not mapped.
        var start: UnsafeRawPointer?
        /// The token of `MappingFaults`.
        var noted: UInt = 0
        /// Number of uses in progress.
        var users = 0
    }

    private let mapping: Mutex<Mapping>
    /// The address of a file that stays mapped, which is used without a lock; 0 if it does not.
    private let lasting = Atomic<UInt>(0)

    /// Opens the file at `path`, which is mapped until `endOpening()`.
    ///
    /// - Throws: `ArrayFileError` if the file is not found, not readable, or not a regular file, or if a limit of the
    ///   system is reached, which the error names.
    public convenience init(_ path: String) throws { try self.init(path, room: .ofProcess) }

    /// Opens the file in the same way, with `room` for the files that stay mapped.
    package init(_ path: String, room: MappingRoom) throws {
        let (descriptor, status) = try Self.open(path)
        defer { close(descriptor) }
        self.path = path
        self.room = room
        self.status = Status(status)
        byteCount = Int(status.st_size)
        budget = ReadingBudget(path: path, storedByteCount: byteCount)
        mapping = Mutex(Mapping())
        try mapping.withLock { mapping in
            try map(descriptor, as: &mapping)
            mapping.users = 1
        }
    }

    deinit {
        mapping.withLock { unmap(&$0) }
        if lasting.load(ordering: .relaxed) != 0 { room.giveBack() }
    }

    /// Ends the mapping that opening began, unless the process has room for it or somebody uses it: whoever opens many
    /// files calls this once after having read the header.
    package func endOpening() { endUse() }

    /// Throws if the file has changed since it was opened. A file that was removed or replaced has not: what was read
    /// of it were its old bytes.
    ///
    /// - Throws: `ArrayFileError` (unreadable).
    public func requireUnchanged() throws {
        var now = stat()
        guard stat(path, &now) == 0, Status(now).identity == status.identity else { return }
        guard Status(now) == status else { throw changed }
    }

    private var changed: ArrayFileError {
        ArrayFileError(kind: .unreadable, path: path, reason: "has changed while it was read")
    }

    /// Lends the bytes of `range`, for the duration of `body` only.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the range extends beyond the end of the file, (unreadable) if the file
    ///   has to be mapped again and is no longer the same; errors of `body`.
    public func withBytes<Result>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw ArrayFileError.malformed(
                path, place: "byte \(range.lowerBound)",
                "\(range.count) bytes should be here, but the file ends at byte \(byteCount)")
        }
        return try withAllBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Lends the whole file, for the duration of `body` only.
    ///
    /// - Throws: `ArrayFileError` (unreadable) if the file has to be mapped again and is no longer the same; errors of
    ///   `body`.
    @inline(__always)
    func withAllBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        if let start = UnsafeRawPointer(bitPattern: lasting.load(ordering: .acquiring)) {
            return try body(UnsafeRawBufferPointer(start: start, count: byteCount))
        }
        guard byteCount > 0 else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
        let start = try beginUse()
        defer { endUse() }
        return try body(UnsafeRawBufferPointer(start: start, count: byteCount))
    }

    private func beginUse() throws -> UnsafeRawPointer? {
        try mapping.withLock { mapping in
            if mapping.start == nil {
                let (descriptor, now) = try Self.open(path, again: true)
                defer { close(descriptor) }
                guard Status(now).identity == status.identity else { throw Self.gone(path, "was replaced") }
                guard Status(now) == status else { throw changed }
                try map(descriptor, as: &mapping)
            }
            mapping.users += 1
            return mapping.start
        }
    }

    private func endUse() {
        mapping.withLock { mapping in
            mapping.users -= 1
            if mapping.users == 0, lasting.load(ordering: .relaxed) == 0 { unmap(&mapping) }
        }
    }

    private func map(_ descriptor: Int32, as mapping: inout Mapping) throws {
        guard byteCount > 0 else { return }
        let start = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
        let code = errno
        guard let start, start != MAP_FAILED else {
            throw ArrayFileError.unreadable(path, MappingRoom.reason(errno: code))
        }
        mapping.start = UnsafeRawPointer(start)
        mapping.noted = MappingFaults.note(UnsafeRawBufferPointer(start: start, count: byteCount), path: path)
        if room.take() { lasting.store(UInt(bitPattern: start), ordering: .releasing) }
    }

    private func unmap(_ mapping: inout Mapping) {
        guard let start = mapping.start else { return }
        MappingFaults.forget(mapping.noted)
        munmap(UnsafeMutableRawPointer(mutating: start), byteCount)
        mapping.start = nil
    }

    /// - Parameter again: Whether the file was open before.
    private static func open(_ path: String, again: Bool = false) throws -> (descriptor: Int32, status: stat) {
        // Without O_NONBLOCK, a named pipe without a writer would block here before it could be rejected.
        let descriptor = Platform.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            let code = errno
            throw again && (code == ENOENT || code == ENOTDIR)
                ? gone(path, "was removed") : ArrayFileError.reading(path, errno: code)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw ArrayFileError.reading(path, errno: code)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            let isFolder = status.st_mode & S_IFMT == S_IFDIR
            throw ArrayFileError.unreadable(path, isFolder ? "it is a directory" : "it is not a regular file")
        }
        return (descriptor, status)
    }

    private static func gone(_ path: String, _ what: String) -> ArrayFileError {
        ArrayFileError(
            kind: .unreadable, path: path,
            reason: "\(what) while it was read: of this many files not all stay open, so all must stay in place")
    }
}
