import Platform
import UserMessages

/// A file in this program's own format: a JSON head and a body of bytes, with a checksum that reveals damage anywhere.
/// In every version of the format, the first 32 bytes and the checksum keep their positions and their meaning.
///
///     8 bytes    "ekmpi\r\n" and 0x1a: reveals a transfer that alters line endings
///     8 bytes    version of this format, little-endian
///     8 bytes    length of the head, little-endian
///     8 bytes    length of the body, little-endian
///     head, body
///     4 bytes    CRC-32 of all of the above, little-endian
public struct ChecksummedFile: Sendable {
    /// The current version of this format.
    public static let format = 1

    /// A file in another version of the format, which is not read.
    public struct OtherFormat: ExitCoded, Equatable {
        /// The path of the file.
        public let path: String
        /// The version of the file; 0 for files written before the format had versions.
        public let format: Int

        /// A file at `path` in version `format`.
        public init(path: String, format: Int) {
            self.path = path
            self.format = format
        }

        /// One line: the file and both versions.
        public var description: String {
            "\(path): is in format \(format), and this version of the program reads format \(ChecksummedFile.format)"
        }

        /// The exit code 65.
        public var exitCode: ExitCode { .badData }
    }

    private static let magic = Array("ekmpi\r\n\u{1a}".utf8)
    /// The first bytes of files written before the format had versions.
    private static let magicWithoutVersion = Array("sealed by ekmpi\n".utf8)

    /// The head, as JSON.
    public let head: Data
    /// The path by which the file was opened.
    public var path: String { file.path }
    private let file: MappedFile
    private let body: Range<Int>

    /// Writes a file beside `path`, flushes it to the disk, and renames it to `path`.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite); nothing is left behind then.
    public static func write(head: Data, body: UnsafeRawBufferPointer, to path: String) throws {
        var start = magic
        for number in [Self.format, head.count, body.count] {
            withUnsafeBytes(of: UInt64(number).littleEndian) { start += $0 }
        }
        start += head
        let sum = start.withUnsafeBytes { Deflate.crc32(Deflate.crc32(0, $0), body) }
        let file = try OutputFile(creating: path)
        do {
            try start.withUnsafeBytes { try file.write($0, at: 0) }
            try file.write(body, at: start.count)
            try withUnsafeBytes(of: sum.littleEndian) { try file.write($0, at: start.count + body.count) }
            try file.commit(to: path)
        } catch {
            file.remove()
            throw error
        }
    }

    /// Opens the file at `path` and verifies its checksum over all bytes.
    ///
    /// - Throws: `ArrayFileError` if the file is not found, not readable, or damaged; ``OtherFormat`` for another
    ///   version.
    public init(_ path: String) throws {
        file = try MappedFile(path)
        (head, body) = try file.withAllBytes { bytes in
            var cursor = ByteCursor(bytes, path: path)
            if bytes.starts(with: Self.magicWithoutVersion) { throw OtherFormat(path: path, format: 0) }
            guard try Array(cursor.take(Self.magic.count)) == Self.magic else {
                throw ArrayFileError.malformed(path, "was not written by this program")
            }
            let format = try cursor.count(UInt64.self)
            let (ofHead, ofBody) = (try cursor.count(UInt64.self), try cursor.count(UInt64.self))
            let head = Data(try cursor.take(ofHead))
            let start = cursor.position
            _ = try cursor.take(ofBody)
            let covered = UnsafeRawBufferPointer(rebasing: bytes[..<cursor.position])
            guard try cursor.little(UInt32.self) == Deflate.crc32(0, covered), cursor.position == bytes.count else {
                throw ArrayFileError.malformed(path, "is damaged: its CRC-32 does not match")
            }
            guard format == Self.format else { throw OtherFormat(path: path, format: format) }
            return (head, start..<start + ofBody)
        }
    }

    /// All 8-byte integers of the body.
    ///
    /// - Throws: `ArrayFileError` if the body cannot be read.
    public func numbers() throws -> [Int64] { try numbers(0..<body.count / MemoryLayout<Int64>.size) }

    /// A range of the 8-byte integers of the body, indexed from 0.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the body has fewer.
    public func numbers(_ range: Range<Int>) throws -> [Int64] {
        let size = MemoryLayout<Int64>.size
        guard range.lowerBound >= 0, range.upperBound <= body.count / size else {
            throw ArrayFileError.malformed(file.path, "holds fewer numbers than its head says")
        }
        let start = body.lowerBound + range.lowerBound * size
        return try file.withBytes(start..<start + range.count * size) { bytes in
            (0..<range.count).map {
                Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * size, as: Int64.self))
            }
        }
    }
}
