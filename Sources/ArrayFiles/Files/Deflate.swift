import CZlib

/// Compression with deflate, decompression to a size known beforehand, and the checksums of zip archives.
enum Deflate {
    /// The wrapping of the compressed bytes, as the window bits that zlib expects.
    enum Wrapping: Int32 {
        /// No wrapping: a member of a zip archive.
        case none = -15
        /// A gzip header and trailer; zlib verifies the checksum.
        case gzip = 31
    }

    /// The largest compression ratio of deflate, which bounds every claimed size.
    static let maximumRatio = 1032

    /// A stream that zlib rejects, or that holds more or fewer bytes than expected.
    struct Failure: Error {
        let reason: String
    }

    /// Inflates `compressed` to exactly `count` bytes.
    ///
    /// - Throws: `Failure`.
    static func inflate(_ compressed: UnsafeRawBufferPointer, _ wrapping: Wrapping, count: Int) throws -> [UInt8] {
        // Room for one more byte reveals whether the stream ends where it should.
        let (bytes, ended) = try run(compressed, wrapping, capacity: count + 1)
        guard bytes.count == count, ended else {
            throw Failure(reason: "does not inflate to \(count) bytes")
        }
        return bytes
    }

    /// The first `count` inflated bytes, or all if there are fewer.
    ///
    /// - Throws: `Failure` for a damaged stream.
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
        // Z_BUF_ERROR: no progress is possible, because the input ends early or the output is full.
        guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
            throw Failure(reason: "compressed data is damaged")
        }
        return (bytes, code == Z_STREAM_END)
    }

    /// The bytes deflated at zlib's best compression, with its header and checksum.
    static func deflated(_ bytes: [UInt8]) -> [UInt8] {
        var count = compressBound(uLong(bytes.count))
        var result = [UInt8](repeating: 0, count: Int(count))
        let code = compress2(&result, &count, bytes, uLong(bytes.count), Z_BEST_COMPRESSION)
        precondition(code == Z_OK, "zlib had room enough, and says \(code)")
        return Array(result[..<Int(count)])
    }

    /// The CRC-32 of zip archives.
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { crc32(0, $0) }
    }

    /// The CRC-32 of earlier bytes, whose checksum is `crc32`, followed by `bytes`.
    static func crc32(_ crc32: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        // With a null address zlib would start a new checksum.
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return crc32 }
        return UInt32(truncatingIfNeeded: crc32_z(UInt(crc32), start.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}
