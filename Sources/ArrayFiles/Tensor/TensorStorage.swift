import Synchronization

/// The bytes of tensors: a part of a mapped file, or bytes produced at first use (by inflating, for instance) and kept
/// from then on.
final class TensorStorage: Sendable {
    private enum Source: Sendable {
        case mapped(MappedFile, Range<Int>)
        case produced(@Sendable () throws -> [UInt8])
    }

    /// The file of the bytes, for error messages.
    let path: String
    /// Number of bytes, known without producing them.
    let byteCount: Int
    private let source: Source
    private let kept = Mutex<[UInt8]?>(nil)

    /// The part of `file` at `range`.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the file is too short for it.
    init(_ file: MappedFile, _ range: Range<Int>) throws {
        try file.withBytes(range) { _ in }
        path = file.path
        byteCount = range.count
        source = .mapped(file, range)
    }

    /// Bytes returned by `produce`, exactly `byteCount` of them.
    init(path: String, byteCount: Int, produce: @escaping @Sendable () throws -> [UInt8]) {
        self.path = path
        self.byteCount = byteCount
        source = .produced(produce)
    }

    /// Lends all the bytes for the duration of `body`; produces them first if necessary.
    ///
    /// - Throws: Errors of producing the bytes, and of `body`.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        switch source {
        case .mapped(let file, let range):
            return try file.withBytes(range, body)
        case .produced(let produce):
            let bytes = try kept.withLock { kept in
                if let kept { return kept }
                let bytes = try produce()
                precondition(bytes.count == byteCount, "\(path): produced \(bytes.count) of \(byteCount) bytes")
                kept = bytes
                return bytes
            }
            return try bytes.withUnsafeBytes(body)
        }
    }

    /// Throws `ArrayFileError` (unreadable) if the file from which the bytes are mapped has changed since it was
    /// opened.
    func requireUnchanged() throws {
        if case .mapped(let file, _) = source { try file.requireUnchanged() }
    }
}
