import Platform

/// A writer of numpy's `.npz` format, array after array, none of which needs to be in memory as a whole: a zip archive
/// of stored members. The file gets its name by `commit`, once it is complete.
///
/// Source: PKWARE APPNOTE.TXT 6.3, sections 4.3 and 4.5.3. All sizes have 64 bits, as in numpy's own files.
public final class NPZWriter {
    private struct Member {
        let name: String
        let offset: Int
        var byteCount = 0
        var crc32: UInt32 = 0
    }

    private let path: String
    private let file: OutputFile
    private var members: [Member] = []
    private var end = 0

    private static let versionWithZip64: UInt16 = 45
    /// The value of a 32-bit field whose number is in the zip64 field.
    private static let saturated = UInt32.max

    /// Creates `path.partial`; a leftover of that name is replaced.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public init(creating path: String) throws {
        self.path = path
        file = try OutputFile(creating: path)
    }

    /// Adds an array of `shape`, in C order. `next` returns its elements piece by piece, and then nil.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite); errors of `next`.
    public func add<Element: TensorElement>(
        _ name: String, shape: [Int], next: () throws -> [Element]?
    ) throws {
        guard let header = NPYHeader(elementType: Element.elementType, shape: shape).encoded() else {
            throw ArrayFileError.cannotWrite(path, ".npy has no dtype for \(Element.elementType)")
        }
        let count = try add(name, header, next)
        precondition(count == shape.reduce(1, *), "\(count) elements do not fill shape \(shape)")
    }

    /// Adds a one-dimensional array.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func add<Element: TensorElement>(_ name: String, _ elements: [Element]) throws {
        var rest: [Element]? = elements
        try add(name, shape: [elements.count]) {
            defer { rest = nil }
            return rest
        }
    }

    /// Adds a text, as an array without axes of numpy's bytes type.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func add(_ name: String, _ text: String) throws {
        var rest: [UInt8]? = Array(text.utf8)
        _ = try add(name, NPYHeader.encoded(descriptor: "|S\(text.utf8.count)", shape: [])) {
            defer { rest = nil }
            return rest
        }
    }

    /// Finishes the archive and renames it to its final name, replacing an existing file.
    ///
    /// - Throws: `ArrayFileError` (cannotWrite).
    public func commit() throws {
        let directory = end
        for member in members { try append(Self.centralHeader(of: member)) }
        try append(Self.ending(entries: members.count, directory: directory..<end))
        try file.commit(to: path)
    }

    /// Removes the unfinished file.
    public func discard() { file.remove() }

    /// Adds a member with a header and elements, and returns the number of elements.
    private func add<Element>(_ name: String, _ header: [UInt8], _ next: () throws -> [Element]?) throws -> Int {
        var member = Member(name: "\(name).npy", offset: end)
        end += Self.localHeader(of: member).count
        try append(header, to: &member)
        var count = 0
        while let elements = try next() {
            try append(elements, to: &member)
            count += elements.count
        }
        // The local header contains the checksum of the contents.
        try Self.localHeader(of: member).withUnsafeBytes { try file.write($0, at: member.offset) }
        members.append(member)
        return count
    }

    private func append(_ elements: [some Any], to member: inout Member) throws {
        try elements.withUnsafeBytes { bytes in
            member.crc32 = Deflate.crc32(member.crc32, bytes)
            member.byteCount += bytes.count
            try file.write(bytes, at: end)
            end += bytes.count
        }
    }

    private func append(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try file.write($0, at: end) }
        end += bytes.count
    }

    private static func localHeader(of member: Member) -> [UInt8] {
        let sizes = little(UInt64(member.byteCount)) + little(UInt64(member.byteCount))
        return little(0x0403_4b50 as UInt32) + common(member) + little(saturated) + little(saturated)
            + little(UInt16(member.name.utf8.count)) + little(UInt16(sizes.count + 4)) + Array(member.name.utf8)
            + little(1 as UInt16) + little(UInt16(sizes.count)) + sizes
    }

    private static func centralHeader(of member: Member) -> [UInt8] {
        let numbers = [member.byteCount, member.byteCount, member.offset].flatMap { little(UInt64($0)) }
        // After the lengths of the name and extra fields: comment, disk, attributes.
        return little(0x0201_4b50 as UInt32) + little(versionWithZip64) + common(member) + little(saturated)
            + little(saturated) + little(UInt16(member.name.utf8.count)) + little(UInt16(numbers.count + 4))
            + [UInt8](repeating: 0, count: 2 + 2 + 2 + 4) + little(saturated) + Array(member.name.utf8)
            + little(1 as UInt16) + little(UInt16(numbers.count)) + numbers
    }

    /// Version needed, flags, method (stored), time and date (the earliest possible), and the checksum.
    private static func common(_ member: Member) -> [UInt8] {
        little(versionWithZip64) + little(0 as UInt16) + little(0 as UInt16) + little(0 as UInt16)
            + little(0x0021 as UInt16) + little(member.crc32)
    }

    private static func ending(entries: Int, directory: Range<Int>) -> [UInt8] {
        let counts = little(UInt64(entries)) + little(UInt64(entries))
        let zip64 =
            little(0x0606_4b50 as UInt32) + little(44 as UInt64) + little(versionWithZip64) + little(versionWithZip64)
            + little(0 as UInt32) + little(0 as UInt32) + counts + little(UInt64(directory.count))
            + little(UInt64(directory.lowerBound))
        let locator =
            little(0x0706_4b50 as UInt32) + little(0 as UInt32) + little(UInt64(directory.upperBound))
            + little(1 as UInt32)
        return zip64 + locator + little(0x0605_4b50 as UInt32) + little(0 as UInt16) + little(0 as UInt16)
            + little(UInt16.max) + little(UInt16.max) + little(saturated) + little(saturated) + little(0 as UInt16)
    }

    private static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
}
