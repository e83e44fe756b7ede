import Synchronization

/// The bytes that tensors lie in: a part of a mapped file, or bytes produced at first use (by inflating,
/// for instance) and kept from then on.
final class TensorStorage: Sendable {
    private enum Source: Sendable {
        case mapped(MappedFile, Range<Int>)
        case produced(@Sendable () throws -> [UInt8])
    }

    /// The file that the bytes come from, for error messages.
    let path: String
    /// How many bytes there are, known without producing them.
    let byteCount: Int
    private let source: Source
    private let kept = Mutex<[UInt8]?>(nil)

    /// The part of `file` at `range`; throws where the file is too short for it.
    init(_ file: MappedFile, _ range: Range<Int>) throws {
        try file.withBytes(range) { _ in }
        path = file.path
        byteCount = range.count
        source = .mapped(file, range)
    }

    /// Bytes that `produce` returns, exactly `byteCount` of them.
    init(path: String, byteCount: Int, produce: @escaping @Sendable () throws -> [UInt8]) {
        self.path = path
        self.byteCount = byteCount
        source = .produced(produce)
    }

    /// Lends all the bytes for the duration of `body`; produces them first where that is still to be done.
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

    /// Throws where the file that the bytes are mapped from has changed since it was opened.
    func requireUnchanged() throws {
        if case .mapped(let file, _) = source { try file.requireUnchanged() }
    }
}
