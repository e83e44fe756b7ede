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

    /// Calls `body`, whose failures are those of the file at `path`, or of a place in it.
    ///
    /// - Throws: `ArrayFileError` (malformed) for a `Failure`; other errors of `body`.
    static func inFile<Result>(
        _ path: String, place: String? = nil, _ body: () throws -> Result
    ) throws -> Result {
        do {
            return try body()
        } catch let failure as Failure {
            throw ArrayFileError.malformed(path, place: place, failure.reason)
        }
    }

    /// Whether bytes begin as those of gzip do.
    static func isGzip(_ bytes: UnsafeRawBufferPointer) -> Bool { bytes.starts(with: [0x1f, 0x8b]) }

    /// Inflates `compressed`, which must fill all of `room` and no more.
    ///
    /// - Throws: `Failure`.
    static func inflate(
        _ compressed: UnsafeRawBufferPointer, _ wrapping: Wrapping, into room: UnsafeMutableRawBufferPointer
    ) throws {
        let stream = try InflatingStream(compressed, wrapping)
        var more: UInt8 = 0
        guard try stream.read(into: room) == room.count,
            try withUnsafeMutableBytes(of: &more, { try stream.read(into: $0) }) == 0
        else { throw Failure(reason: "does not inflate to \(room.count) bytes") }
    }

    /// The first `count` inflated bytes, or all if there are fewer.
    ///
    /// - Throws: `Failure` for a damaged stream.
    static func prefix(_ compressed: UnsafeRawBufferPointer, _ wrapping: Wrapping, count: Int) throws -> [UInt8] {
        let stream = try InflatingStream(compressed, wrapping)
        return try [UInt8](unsafeUninitializedCapacity: count) { room, filled in
            filled = try stream.read(into: UnsafeMutableRawBufferPointer(room))
        }
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
