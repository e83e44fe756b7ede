/// The members of a zip archive, found through its central directory, including zip64. Source: PKWARE APPNOTE.TXT 6.3,
/// sections 4.3 and 4.5.3.
struct ZipArchive {
    /// A file within the archive.
    struct Member {
        let name: String
        /// The range of its bytes, compressed or not, in the archive.
        let stored: Range<Int>
        let isDeflated: Bool
        /// The size of the uncompressed bytes.
        let byteCount: Int
        /// The checksum of the uncompressed bytes.
        let crc32: UInt32
    }

    let file: MappedFile
    /// The members in the order of the central directory.
    let members: [Member]
    private let places: [String: Int]

    /// The members of the archive in `file`.
    ///
    /// - Throws: `ArrayFileError` (malformed) also where Python's zipfile and others would read different things: if
    ///   members have the same name or the same bytes, or are called by two names.
    init(_ file: MappedFile) throws {
        self.file = file
        let members = try file.withAllBytes { try Self.members(of: $0, path: file.path) }
        // Members that share their bytes would make a small file as large as one likes.
        let ranges = members.map(\.stored).filter { !$0.isEmpty }.sorted { $0.lowerBound < $1.lowerBound }
        guard zip(ranges, ranges.dropFirst()).allSatisfy({ $0.upperBound <= $1.lowerBound }) else {
            throw ArrayFileError.malformed(file.path, "is a damaged zip archive: its members overlap")
        }
        self.members = members
        var places: [String: Int] = [:]
        places.reserveCapacity(members.count)
        for (place, member) in members.enumerated() {
            guard places.updateValue(place, forKey: member.name) == nil else {
                throw ArrayFileError.malformed(file.path, place: Self.place(of: member.name), "is there twice")
            }
        }
        self.places = places
    }

    /// Whether a file with these first bytes is an archive, be it empty.
    static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.starts(with: "PK\u{3}\u{4}".utf8) || bytes.starts(with: "PK\u{5}\u{6}".utf8)
    }

    /// The member with the given name.
    func member(named name: String) -> Member? {
        places[name].map { members[$0] }
    }

    /// The bytes of a member: mapped if stored, otherwise inflated and verified at first use.
    ///
    /// - Throws: `ArrayFileError`.
    func backing(of member: Member) throws -> TensorStorage {
        guard member.isDeflated else { return try TensorStorage(file, member.stored) }
        return TensorStorage(
            byteCount: member.byteCount, of: "the inflated member '\(member.name)'", budget: file.budget
        ) { [self] room in
            try inflating(member) { try Deflate.inflate($0, .none, into: room) }
            try require(Deflate.crc32(0, UnsafeRawBufferPointer(room)), of: member)
        }
    }

    /// Reads a whole member, a piece at a time, and compares its checksum.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the member is damaged.
    func verify(_ member: Member) throws {
        guard member.isDeflated else {
            return try require(file.withBytes(member.stored) { Deflate.crc32(0, $0) }, of: member)
        }
        var (sum, size) = (UInt32(0), 0)
        try inflating(member) { compressed in
            try InflatingStream(compressed, .none).readAll {
                sum = Deflate.crc32(sum, $0)
                size += $0.count
            }
            guard size == member.byteCount else {
                throw Deflate.Failure(reason: "does not inflate to \(member.byteCount) bytes")
            }
        }
        try require(sum, of: member)
    }

    private func require(_ sum: UInt32, of member: Member) throws {
        guard sum == member.crc32 else {
            throw ArrayFileError.malformed(
                file.path, place: Self.place(of: member.name), "is damaged: its CRC-32 does not match")
        }
    }

    /// Lends the compressed bytes of a member to `body`, whose failures are those of the member.
    private func inflating<Result>(_ member: Member, _ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result
    {
        try Deflate.inFile(file.path, place: Self.place(of: member.name)) { try file.withBytes(member.stored, body) }
    }

    private static func place(of member: String) -> String { "member '\(member)'" }

    /// The first `count` bytes of a member, or all if there are fewer: enough for a header, not verified by CRC.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    func prefix(of member: Member, count: Int) throws -> [UInt8] {
        guard member.isDeflated else {
            let start = member.stored.lowerBound
            return try file.withBytes(start..<start + min(count, member.stored.count)) { [UInt8]($0) }
        }
        return try inflating(member) { try Deflate.prefix($0, .none, count: min(count, member.byteCount)) }
    }
}

extension ZipArchive {
    private static let endSize = 22
    private static let locatorSize = 20

    private static func members(of bytes: UnsafeRawBufferPointer, path: String) throws -> [Member] {
        let directory = try centralDirectory(of: bytes, path: path)
        var cursor = ByteCursor(bytes, path: path, at: directory.offset)
        var members: [Member] = []
        for _ in 0..<directory.entries {
            if let member = try nextMember(&cursor) { members.append(member) }
        }
        return members
    }

    /// The position of the central directory, and the number of entries that it claims.
    private static func centralDirectory(
        of bytes: UnsafeRawBufferPointer, path: String
    ) throws -> (offset: Int, entries: Int) {
        guard let end = endOfDirectory(of: bytes) else {
            throw ArrayFileError.malformed(
                path, "is truncated, or no zip archive: it has no central directory at its end")
        }
        var cursor = ByteCursor(bytes, path: path, at: end + 10)
        let entries = Int(try cursor.little(UInt16.self))
        _ = try cursor.take(4)
        let offset = Int(try cursor.little(UInt32.self))
        guard end >= locatorSize else { return (offset, entries) }
        var locator = ByteCursor(bytes, path: path, at: end - locatorSize)
        guard try locator.little(UInt32.self) == 0x0706_4b50 else { return (offset, entries) }
        _ = try locator.take(4)
        var end64 = ByteCursor(bytes, path: path, at: try locator.count(UInt64.self))
        guard try end64.little(UInt32.self) == 0x0606_4b50 else {
            throw end64.malformed("the zip64 end of the central directory should be here")
        }
        _ = try end64.take(28)
        let entries64 = try end64.count(UInt64.self)
        _ = try end64.take(8)
        return (try end64.count(UInt64.self), entries64)
    }

    /// The position of the record at the end of an archive, which a comment of at most 65,535 bytes may follow.
    private static func endOfDirectory(of bytes: UnsafeRawBufferPointer) -> Int? {
        let last = bytes.count - endSize
        guard last >= 0 else { return nil }
        return (max(0, last - 0xffff)...last).reversed().first { place in
            let signature = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            let comment = bytes.loadUnaligned(fromByteOffset: place + 20, as: UInt16.self)
            return UInt32(littleEndian: signature) == 0x0605_4b50 && place + Int(UInt16(littleEndian: comment)) <= last
        }
    }

    /// Reads an entry of the central directory; nil for a folder.
    private static func nextMember(_ cursor: inout ByteCursor) throws -> Member? {
        guard try cursor.little(UInt32.self) == 0x0201_4b50 else {
            throw cursor.malformed("an entry of the central directory should be here")
        }
        _ = try cursor.take(4)
        let flags = try cursor.little(UInt16.self)
        let method = try cursor.little(UInt16.self)
        _ = try cursor.take(4)
        let crc32 = try cursor.little(UInt32.self)
        var compressed = Int(try cursor.little(UInt32.self))
        var uncompressed = Int(try cursor.little(UInt32.self))
        let nameLength = Int(try cursor.little(UInt16.self))
        let extraLength = Int(try cursor.little(UInt16.self))
        let commentLength = Int(try cursor.little(UInt16.self))
        _ = try cursor.take(8)
        var header = Int(try cursor.little(UInt32.self))
        let nameBytes = try cursor.take(nameLength)
        let name = String(decoding: nameBytes, as: UTF8.self)
        var extra = ByteCursor(try cursor.take(extraLength), path: cursor.path)
        _ = try cursor.take(commentLength)

        while extra.bytes.count - extra.position >= 4 {
            let identifier = try extra.little(UInt16.self)
            var field = ByteCursor(try extra.take(Int(try extra.little(UInt16.self))), path: cursor.path)
            guard identifier == 1 else { continue }
            // zip64: only the numbers saturated above are here, in this order.
            if uncompressed == 0xffff_ffff { uncompressed = try field.count(UInt64.self) }
            if compressed == 0xffff_ffff { compressed = try field.count(UInt64.self) }
            if header == 0xffff_ffff { header = try field.count(UInt64.self) }
        }
        if name.hasSuffix("/") { return nil }
        func refused(_ reason: String) -> ArrayFileError {
            .malformed(cursor.path, place: place(of: name), reason)
        }
        guard flags & 1 == 0 else { throw refused("is encrypted") }

        var local = ByteCursor(cursor.bytes, path: cursor.path, at: header)
        guard try local.little(UInt32.self) == 0x0403_4b50 else { throw refused("has no header at byte \(header)") }
        _ = try local.take(22)
        let localNameLength = Int(try local.little(UInt16.self))
        let localExtraLength = Int(try local.little(UInt16.self))
        guard try local.take(localNameLength).elementsEqual(nameBytes) else {
            throw refused("has a different name in its local header")
        }
        _ = try local.take(localExtraLength)
        let start = local.position
        _ = try local.take(compressed)
        let stored = start..<start + compressed

        switch method {
        case 0:
            guard compressed == uncompressed else { throw refused("has two different sizes") }
            return Member(name: name, stored: stored, isDeflated: false, byteCount: compressed, crc32: crc32)
        case 8:
            guard uncompressed / Deflate.maximumRatio <= compressed else {
                throw refused("claims \(uncompressed) bytes, more than \(compressed) compressed bytes can hold")
            }
            return Member(name: name, stored: stored, isDeflated: true, byteCount: uncompressed, crc32: crc32)
        default:
            throw refused("is compressed by method \(method); only stored and deflated members are read")
        }
    }
}
