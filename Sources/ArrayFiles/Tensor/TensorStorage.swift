import Synchronization

/// The bytes of tensors: a part of a mapped file, or bytes made at first use (by inflating, for instance) and kept from
/// then on.
final class TensorStorage: Sendable {
    private enum Source: Sendable {
        case mapped(MappedFile, Range<Int>)
        case part(TensorStorage, Range<Int>)
        case array([UInt8])
        case made(what: String, @Sendable (UnsafeMutableRawBufferPointer) throws -> Void)
    }

    /// The file of the bytes, for error messages.
    let path: String
    /// Number of bytes, known without making them.
    let byteCount: Int
    private let source: Source
    private let kept = Mutex<HeapBytes?>(nil)

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
        func moved(_ start: Int) -> Range<Int> { start + range.lowerBound..<start + range.upperBound }
        source =
            switch whole.source {
            case .mapped(let file, let all): .mapped(file, moved(all.lowerBound))
            case .part(let whole, let all): .part(whole, moved(all.lowerBound))
            case .array, .made: .part(whole, range)
            }
    }

    /// Bytes that are there already.
    init(path: String, _ bytes: [UInt8]) {
        self.path = path
        byteCount = bytes.count
        source = .array(bytes)
    }

    /// `byteCount` bytes made by `make`, which fills all of the memory that it gets.
    ///
    /// - Parameter what: What takes that memory, for the error message where there is not enough of it.
    init(
        path: String, byteCount: Int, of what: String,
        make: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Void
    ) {
        self.path = path
        self.byteCount = byteCount
        source = .made(what: what, make)
    }

    /// Lends all the bytes for the duration of `body`; makes them first if necessary.
    ///
    /// - Throws: `ArrayFileError` (outOfMemory) if there is no memory for them; errors of making them, and of `body`.
    func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
        switch source {
        case .mapped(let file, let range): return try file.withBytes(range, body)
        case .part(let whole, let range):
            return try whole.withBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
        case .array(let bytes): return try bytes.withUnsafeBytes(body)
        case .made(let what, let make):
            let bytes = try kept.withLock { kept in
                if let kept { return kept }
                let bytes = try HeapBytes(byteCount, for: what, in: path, fill: make)
                kept = bytes
                return bytes
            }
            return try withExtendedLifetime(bytes) { try body(bytes.bytes) }
        }
    }

    /// Whether the byte at `offset` lies at a multiple of `size` in memory; makes the bytes first if necessary.
    ///
    /// - Throws: Errors of making the bytes.
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
