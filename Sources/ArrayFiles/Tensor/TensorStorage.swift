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

    /// The part of other bytes at `range`, which is within them.
    init(_ whole: TensorStorage, _ range: Range<Int>) {
        path = whole.path
        byteCount = range.count
        source =
            switch whole.source {
            case .mapped(let file, let all):
                .mapped(file, all.lowerBound + range.lowerBound..<all.lowerBound + range.upperBound)
            case .produced: .produced { try whole.withBytes { [UInt8]($0[range]) } }
            }
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

    /// Whether the byte at `offset` lies at a multiple of `size` in memory; produces the bytes first if necessary.
    ///
    /// - Throws: Errors of producing the bytes.
    func isAligned(_ offset: Int, to size: Int) throws -> Bool {
        // A mapping begins with a page: no need to map the file for this.
        if case .mapped(_, let range) = source { return (range.lowerBound + offset).isMultiple(of: size) }
        return try withBytes { bytes in
            bytes.baseAddress.map { Int(bitPattern: $0 + offset).isMultiple(of: size) } ?? true
        }
    }

    /// Throws `ArrayFileError` (unreadable) if the file from which the bytes are mapped has changed since it was
    /// opened.
    func requireUnchanged() throws {
        if case .mapped(let file, _) = source { try file.requireUnchanged() }
    }
}
