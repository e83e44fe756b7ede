/// A tar archive, plain or compressed by gzip, whose members are read one after the other; nothing is written anywhere.
/// Source: POSIX.1-1988 (ustar); "Basic Tar Format" of the manual of GNU tar.
struct TarArchive: Sendable {
    let file: MappedFile
    private let isCompressed: Bool

    private static let blockByteCount = 512
    /// The largest number of bytes that a compressed archive may inflate to, which bounds memory and time: the archives
    /// of CIFAR have less than a fifth.
    private static let maximumInflatedByteCount = 1 << 30

    /// The archive in `file`; nil if it is none.
    init?(_ file: MappedFile) throws {
        let (start, isCompressed) = try file.withAllBytes { bytes in
            Deflate.isGzip(bytes)
                ? ((try? Deflate.prefix(bytes, .gzip, count: Self.blockByteCount)) ?? [], true)
                : ([UInt8](bytes.prefix(Self.blockByteCount)), false)
        }
        guard start.count == Self.blockByteCount, Header.isSound(start) else { return nil }
        self.file = file
        self.isCompressed = isCompressed
    }

    /// Calls `body` with the name and the bytes of each regular file that `isWanted`, in the archive's order. The bytes
    /// of a compressed archive are in memory as long as somebody keeps them; those of others are mapped.
    ///
    /// - Throws: `ArrayFileError` (malformed); errors of `body`.
    func forEachFile(where isWanted: (String) -> Bool, _ body: (String, TensorStorage) throws -> Void) throws {
        try Deflate.inFile(file.path) {
            try file.withAllBytes { bytes in
                var contents: any Contents =
                    isCompressed
                    ? InflatedContents(
                        stream: try InflatingStream(bytes, .gzip),
                        left: min(Self.maximumInflatedByteCount, bytes.count * Deflate.maximumRatio))
                    : MappedContents(file: file)
                while let block = try contents.block() {
                    guard let header = try Header(block) else { break }
                    if header.isRegularFile, isWanted(header.name) {
                        try body(
                            header.name,
                            try contents.take(header.byteCount, path: "\(file.path): \(header.name)"))
                    } else {
                        try contents.skip(header.byteCount)
                    }
                    let rest = header.byteCount % Self.blockByteCount
                    if rest > 0 { try contents.skip(Self.blockByteCount - rest) }
                }
                try contents.finish()
            }
        }
    }

    /// The description of a member.
    private struct Header {
        let name: String
        let byteCount: Int
        let isRegularFile: Bool

        /// The member described by a block; nil for the block of zeros after the last member.
        ///
        /// - Throws: `Deflate.Failure` if the block is no sound description.
        init?(_ block: [UInt8]) throws {
            if block.allSatisfy({ $0 == 0 }) { return nil }
            guard Self.isSound(block) else {
                throw Deflate.Failure(reason: "is damaged: the description of a member has another checksum")
            }
            let name = Self.text(block[0..<100])
            // The directories of a long name; other kinds of archives than ustar have something else there.
            let prefix = block[257..<263].elementsEqual("ustar\0".utf8) ? Self.text(block[345..<500]) : ""
            self.name = prefix.isEmpty ? name : "\(prefix)/\(name)"
            guard !self.name.hasPrefix("/"), !self.name.split(separator: "/").contains("..") else {
                throw Deflate.Failure(reason: "has a member outside of the archive: '\(self.name)'")
            }
            // Numbers that do not begin with a digit are of more than 8 GiB.
            guard let byteCount = Self.octal(block[124..<136]) else {
                throw Deflate.Failure(reason: "member '\(self.name)' has no size that is read")
            }
            let kind = block[156]
            // Links, devices and directories have no bytes, whatever size they say.
            self.byteCount = (0x31...0x36).contains(kind) ? 0 : byteCount
            isRegularFile = kind == 0x30 || kind == 0
        }

        /// Whether a block has the checksum that it says it has.
        static func isSound(_ block: [UInt8]) -> Bool {
            let field = 148..<156
            let sum = block.indices.reduce(0) { $0 + (field.contains($1) ? 0x20 : Int(block[$1])) }
            return octal(block[field]) == sum
        }

        private static func text(_ field: ArraySlice<UInt8>) -> String {
            String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
        }

        private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
            let digits = field.drop { $0 == 0x20 }.prefix { $0 != 0x20 && $0 != 0 }
            guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
            return digits.reduce(0) { $0 << 3 | Int($1 - 0x30) }
        }
    }

    /// The bytes of an archive, from its start to its end.
    private protocol Contents {
        /// The next block; nil at the end.
        mutating func block() throws -> [UInt8]?
        mutating func skip(_ count: Int) throws
        mutating func take(_ count: Int, path: String) throws -> TensorStorage
        /// Checks what follows the last member.
        mutating func finish() throws
    }

    private struct MappedContents: Contents {
        let file: MappedFile
        private var position = 0

        init(file: MappedFile) { self.file = file }

        mutating func block() throws -> [UInt8]? {
            if position == file.byteCount { return nil }
            return try file.withBytes(try next(TarArchive.blockByteCount)) { [UInt8]($0) }
        }

        mutating func skip(_ count: Int) throws { _ = try next(count) }

        mutating func take(_ count: Int, path: String) throws -> TensorStorage {
            try TensorStorage(file, try next(count))
        }

        func finish() {}

        private mutating func next(_ count: Int) throws -> Range<Int> {
            guard count <= file.byteCount - position else {
                throw Deflate.Failure(
                    reason: "is cut short: \(count) bytes should be at byte \(position) of \(file.byteCount)")
            }
            defer { position += count }
            return position..<position + count
        }
    }

    private struct InflatedContents: Contents {
        let stream: InflatingStream
        /// The number of bytes that may still come.
        var left: Int

        mutating func block() throws -> [UInt8]? {
            let bytes = try read(TarArchive.blockByteCount)
            guard bytes.isEmpty || bytes.count == TarArchive.blockByteCount else { throw Self.endsEarly }
            return bytes.isEmpty ? nil : bytes
        }

        mutating func skip(_ count: Int) throws {
            var count = count
            while count > 0 {
                let skipped = try read(min(count, Self.pieceByteCount)).count
                guard skipped > 0 else { throw Self.endsEarly }
                count -= skipped
            }
        }

        mutating func take(_ count: Int, path: String) throws -> TensorStorage {
            let bytes = try read(count)
            guard bytes.count == count else { throw Self.endsEarly }
            return TensorStorage(bytes, budget: ReadingBudget(path: path, storedByteCount: count))
        }

        /// Inflates the rest, at whose end zlib compares the checksum of the whole.
        mutating func finish() throws {
            while try !read(Self.pieceByteCount).isEmpty {}
        }

        private static let pieceByteCount = 1 << 18
        private static let endsEarly = Deflate.Failure(reason: "is cut short: it ends within a member")
        private static let isTooLarge = Deflate.Failure(
            reason: "says that it holds more than 1 GiB, or than it can: unpack it, and give its folder")

        private mutating func read(_ count: Int) throws -> [UInt8] {
            // Nothing is allocated for a size that cannot be; the end may be nearer than the end of a small piece.
            guard count <= max(left, Self.pieceByteCount) else { throw Self.isTooLarge }
            let bytes = try [UInt8](unsafeUninitializedCapacity: count) { room, filled in
                filled = try stream.read(into: UnsafeMutableRawBufferPointer(room))
            }
            left -= bytes.count
            guard left >= 0 else { throw Self.isTooLarge }
            return bytes
        }
    }
}
