import CZlib

/// Inflation of deflated bytes to a size known beforehand, deflation, and the sums of zip archives.
enum Deflate {
    /// What encloses the compressed bytes, as the window bits that zlib knows it by.
    enum Wrapping: Int32 {
        /// Nothing: a member of a zip archive.
        case none = -15
        /// A gzip header and trailer; zlib checks its sum.
        case gzip = 31
    }

    /// No deflated byte stands for more bytes than this, so no larger claim need be believed.
    static let maximumRatio = 1032

    /// A stream that zlib refuses, or that holds more or fewer bytes than it should.
    struct Failure: Error {
        let reason: String
    }

    /// The `count` bytes that `compressed` holds.
    static func inflate(_ compressed: UnsafeRawBufferPointer, _ wrapping: Wrapping, count: Int) throws -> [UInt8] {
        // Room for one byte more shows whether the stream ends where it should.
        let (bytes, ended) = try run(compressed, wrapping, capacity: count + 1)
        guard bytes.count == count, ended else {
            throw Failure(reason: "does not inflate to \(count) bytes")
        }
        return bytes
    }

    /// The first `count` bytes, or all where there are fewer.
    static func prefix(_ compressed: UnsafeRawBufferPointer, _ wrapping: Wrapping, count: Int) throws -> [UInt8] {
        try run(compressed, wrapping, capacity: count).bytes
    }

    private static func run(
        _ compressed: UnsafeRawBufferPointer, _ wrapping: Wrapping, capacity: Int
    ) throws -> (bytes: [UInt8], ended: Bool) {
        var stream = z_stream()
        guard inflateInit2_(&stream, wrapping.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw Failure(reason: "cannot be inflated: out of memory") }
        defer { inflateEnd(&stream) }
        // zlib counts in 32 bits.
        let step = 1 << 30
        var code = Z_OK
        var consumed = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { output, produced in
            produced = 0
            let input = compressed.bindMemory(to: UInt8.self)
            repeat {
                let given = min(step, input.count - consumed)
                let room = min(step, capacity - produced)
                stream.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + consumed) }
                stream.avail_in = UInt32(given)
                stream.next_out = output.baseAddress.map { $0 + produced }
                stream.avail_out = UInt32(room)
                code = CZlib.inflate(&stream, Z_NO_FLUSH)
                consumed += given - Int(stream.avail_in)
                produced += room - Int(stream.avail_out)
            } while code == Z_OK && produced < capacity
        }
        // Z_BUF_ERROR: no progress is possible, the input ends early or the room is used up.
        guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
            throw Failure(reason: "compressed data is damaged")
        }
        return (bytes, code == Z_STREAM_END)
    }

    /// The bytes, deflated as far as zlib can, with its header and sum.
    static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(uLong(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(count))
        let code = compress2(&result, &count, bytes, uLong(bytes.count), Z_BEST_COMPRESSION)
        precondition(code == Z_OK, "zlib had room enough, and says \(code)")
        return Array(result[..<Int(count)])
    }

    /// The sum by which a zip archive knows its members.
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { crc32(0, $0) }
    }

    /// The sum of what had the sum `crc32` and of bytes behind it.
    static func crc32(_ crc32: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        // Without an address zlib would begin anew.
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return crc32 }
        return UInt32(truncatingIfNeeded: crc32_z(UInt(crc32), start.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}
