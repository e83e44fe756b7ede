import CZlib

/// A compressed stream that is inflated piece by piece.
final class InflatingStream {
    private let compressed: UnsafeRawBufferPointer
    private var consumed = 0
    private var hasEnded = false
    // zlib refuses a stream whose address changes.
    private let stream: UnsafeMutablePointer<z_stream>

    /// Inflates `compressed`, which must stay valid as long as the stream is used.
    ///
    /// - Throws: `Deflate.Failure` if there is no memory.
    init(_ compressed: UnsafeRawBufferPointer, _ wrapping: Deflate.Wrapping) throws {
        self.compressed = compressed
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, wrapping.rawValue, ZLIB_VERSION, size) == Z_OK else {
            throw Deflate.Failure(reason: "cannot be inflated: out of memory")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Fills `room` with the next bytes.
    ///
    /// - Returns: Their number, smaller than that of `room` only at the end of the stream.
    /// - Throws: `Deflate.Failure` if the stream is damaged or cut short.
    func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
        // zlib counts in 32 bits.
        let step = 1 << 30
        var filled = 0
        while filled < room.count, !hasEnded {
            let (given, free) = (min(step, compressed.count - consumed), min(step, room.count - filled))
            let input = compressed.baseAddress.map { ($0 + consumed).assumingMemoryBound(to: UInt8.self) }
            stream.pointee.next_in = input.map { UnsafeMutablePointer(mutating: $0) }
            stream.pointee.avail_in = UInt32(given)
            stream.pointee.next_out = room.baseAddress.map { ($0 + filled).assumingMemoryBound(to: UInt8.self) }
            stream.pointee.avail_out = UInt32(free)
            let code = CZlib.inflate(stream, Z_NO_FLUSH)
            consumed += given - Int(stream.pointee.avail_in)
            filled += free - Int(stream.pointee.avail_out)
            switch code {
            case Z_OK: break
            case Z_STREAM_END:
                hasEnded = true
                try requireNothingBehind()
            case Z_BUF_ERROR: throw Deflate.Failure(reason: "is cut short: its compressed data ends early")
            default: throw Deflate.Failure(reason: "compressed data is damaged")
            }
        }
        return filled
    }

    /// Inflates the rest, and calls `body` with one piece after the other.
    ///
    /// - Throws: `Deflate.Failure` if the stream is damaged or cut short; errors of `body`.
    func readAll(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        try withUnsafeTemporaryAllocation(byteCount: Self.pieceByteCount, alignment: 16) { piece in
            while case let count = try read(into: piece), count > 0 {
                try body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
            }
        }
    }

    private static let pieceByteCount = 1 << 18

    /// Python's gzip, too, takes what follows a stream for damage, unless it is zeros that fill up a block.
    private func requireNothingBehind() throws {
        let rest = compressed[consumed...]
        guard rest.allSatisfy({ $0 == 0 }) else {
            throw Deflate.Failure(reason: "is damaged: \(rest.count) bytes follow the end of its compressed data")
        }
    }
}
