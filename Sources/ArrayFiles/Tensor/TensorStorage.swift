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

    /// What may be made of the file of the bytes.
    let budget: ReadingBudget
    /// Number of bytes, known without making them.
    let byteCount: Int
    private let source: Source
    private let kept = Mutex<HeapBytes?>(nil)
    /// Whether the budget was charged for bytes that are made.
    private let isCharged = Mutex(false)

    /// The path of the file, for error messages.
    var path: String { budget.path }

    /// The part of `file` at `range`.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the file is too short for it.
    init(_ file: MappedFile, _ range: Range<Int>) throws {
        try file.withBytes(range) { _ in }
        budget = file.budget
        byteCount = range.count
        source = .mapped(file, range)
    }

    /// The part of other bytes at `range`, which is within them.
    init(_ whole: TensorStorage, _ range: Range<Int>) {
        budget = whole.budget
        byteCount = range.count
        func moved(_ start: Int) -> Range<Int> { start + range.lowerBound..<start + range.upperBound }
        source =
            switch whole.source {
            case .mapped(let file, let all): .mapped(file, moved(all.lowerBound))
            case .part(let whole, let all): .part(whole, moved(all.lowerBound))
            case .array, .made: .part(whole, range)
            }
    }

    /// Bytes that are there already, in the file of `budget`.
    init(_ bytes: [UInt8], budget: ReadingBudget) {
        self.budget = budget
        byteCount = bytes.count
        source = .array(bytes)
    }

    /// `byteCount` bytes made by `make`, which fills all of the memory that it gets.
    ///
    /// - Parameters:
    ///   - what: What takes that memory, for the error message where there is not enough of it.
    ///   - budget: That of the file.
    init(
        byteCount: Int, of what: String, budget: ReadingBudget,
        make: @escaping @Sendable (UnsafeMutableRawBufferPointer) throws -> Void
    ) {
        self.budget = budget
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

    /// Takes a list of so many of the numbers from the budget, whose memory is `listed` bytes; returns whether it is in
    /// proportion to the size of the file.
    ///
    /// Bytes that must be made first are taken once: they stay. Lists go; the time for them is taken as a byte a
    /// number.
    func charge(listOf numbers: Int, byteCount listed: Int) throws -> Bool {
        if case .part(let whole, _) = source { return try whole.charge(listOf: numbers, byteCount: listed) }
        return try isCharged.withLock { isCharged in
            var made = 0
            if case .made = source, !isCharged { made = byteCount }
            guard budget.affords(made + numbers + listed) else { return false }
            try budget.spend(made + numbers)
            isCharged = true
            return true
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
