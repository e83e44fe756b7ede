/// A reader of consecutive header fields, which never reads beyond the end.
struct ByteCursor {
    /// The path of the file, for error messages.
    let path: String
    let bytes: UnsafeRawBufferPointer
    private(set) var position: Int

    /// Starts at `position`, which may be anywhere: reading outside `bytes` throws.
    init(_ bytes: UnsafeRawBufferPointer, path: String, at position: Int = 0) {
        self.bytes = bytes
        self.path = path
        self.position = position
    }

    /// The next `count` bytes.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the end comes first.
    mutating func take(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, position >= 0, position <= bytes.count, count <= bytes.count - position else {
            throw malformed("ends early: \(count) bytes should be here, the end is at byte \(bytes.count)")
        }
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// The next little-endian integer.
    mutating func little<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws -> Number {
        Number(littleEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
    }

    /// The next big-endian integer.
    mutating func big<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type) throws -> Number {
        Number(bigEndian: try take(MemoryLayout<Number>.size).loadUnaligned(as: Number.self))
    }

    /// The next unsigned integer as a size or position; throws `ArrayFileError` (malformed) if it exceeds `Int`.
    mutating func count<Number: UnsignedInteger & FixedWidthInteger & BitwiseCopyable>(
        _: Number.Type
    ) throws -> Int {
        guard let value = Int(exactly: try little(Number.self)) else {
            throw malformed("a size here is beyond all memory")
        }
        return value
    }

    /// The bytes up to the next line feed, which is skipped.
    mutating func line() throws -> UnsafeRawBufferPointer {
        guard position <= bytes.count, let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else {
            throw malformed("ends early: a line should end here")
        }
        defer { position = end + 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    }

    /// An error at the cursor's current position.
    func malformed(_ reason: String) -> ArrayFileError {
        .malformed(path, place: "byte \(position)", reason)
    }
}
