import Foundation

/// A regular file mapped into memory for reading: only the pages touched are read, when they are touched.
///
/// The file must not change while it is mapped: ``requireUnchanged()`` tells whether it did. ``MappingFaults`` reports
/// a file that is truncated in the meantime.
public final class MappedFile: Sendable {
    /// The path by which the file was opened.
    public let path: String
    /// The size of the file in bytes when it was opened.
    public let byteCount: Int
    // Read-only memory, valid until deinit.
    private nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    private let status: Status
    private let noted: UInt

    /// The attributes that change when a file does.
    private struct Status: Equatable {
        let device, file, size, seconds, nanoseconds: Int

        init(_ status: stat) {
            device = Int(bitPattern: UInt(status.st_dev))
            file = Int(bitPattern: UInt(status.st_ino))
            size = Int(status.st_size)
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    /// Maps the file at `path`.
    ///
    /// - Throws: `ArrayFileError` if the file is not found, not readable, or not a regular file.
    public init(_ path: String) throws {
        // Without O_NONBLOCK, a named pipe without a writer would block here before it could be rejected.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw ArrayFileError.reading(path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw ArrayFileError.reading(path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let isDirectory = status.st_mode & S_IFMT == S_IFDIR
            throw ArrayFileError.unreadable(path, isDirectory ? "it is a directory" : "it is not a regular file")
        }
        self.path = path
        self.status = Status(status)
        byteCount = Int(status.st_size)
        guard byteCount > 0 else {
            bytes = UnsafeRawBufferPointer(start: nil, count: 0)
            noted = 0
            return
        }
        guard let address = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0), address != MAP_FAILED else {
            throw ArrayFileError.unreadable(path, String(cString: strerror(errno)))
        }
        bytes = UnsafeRawBufferPointer(start: address, count: byteCount)
        noted = MappingFaults.note(bytes, path: path)
    }

    /// Throws if the file has changed since it was opened. A file that was removed or replaced has not: its old bytes
    /// stay mapped.
    ///
    /// - Throws: `ArrayFileError` (unreadable).
    public func requireUnchanged() throws {
        var now = stat()
        guard stat(path, &now) == 0, Status(now).file == status.file, Status(now).device == status.device else {
            return
        }
        guard Status(now) == status else {
            throw ArrayFileError(kind: .unreadable, path: path, reason: "has changed while it was read")
        }
    }

    deinit {
        MappingFaults.forget(noted)
        if let address = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: address), byteCount) }
    }

    /// Lends the bytes of `range`, for the duration of `body` only.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the range extends beyond the end of the file; errors of `body`.
    public func withBytes<Result>(
        _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard range.lowerBound >= 0, range.upperBound <= byteCount else {
            throw ArrayFileError.malformed(
                path, place: "byte \(range.lowerBound)",
                "\(range.count) bytes should be here, but the file ends at byte \(byteCount)")
        }
        return try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    /// Lends the whole file, for the duration of `body` only; rethrows its errors.
    func withAllBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        try body(bytes)
    }
}
