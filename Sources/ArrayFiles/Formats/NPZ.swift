/// numpy's `.npz` format: a zip archive with one `.npy` file per member.
enum NPZ {
    /// The arrays of the archive, named after their members without `.npy`; other members are left out.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func read(_ archive: ZipArchive) throws -> StoredValue {
        .dictionary(
            try archive.members.filter { $0.name.hasSuffix(".npy") }.map { member in
                let name = String(member.name.dropLast(".npy".count))
                return (name, try read(member, named: name, in: archive))
            })
    }

    /// Headers are seldom longer; only those that are cost a second look.
    private static let usualHeaderByteCount = 1 << 10

    private static func read(
        _ member: ZipArchive.Member, named name: String, in archive: ZipArchive
    ) throws -> StoredValue {
        func header(within count: Int) throws -> (header: NPYHeader, dataOffset: Int) {
            try archive.prefix(of: member, count: count).withUnsafeBytes {
                try NPYHeader.parse($0, path: archive.file.path, tensor: name)
            }
        }
        let (header, offset) =
            try (try? header(within: usualHeaderByteCount)) ?? header(within: NPYHeader.maximumByteCount)
        // Texts and objects are read at once, so that what inflates to all memory must not be theirs.
        if member.deflated != nil, member.byteCount > largestInflated {
            switch header.type {
            case .unicode, .bytes, .objects: return .unread("\(member.byteCount) bytes of compressed text or objects")
            case .number, .unread: break
            }
        }
        return try NPY.value(
            named: name, header, backing: try archive.backing(of: member), byteOffset: offset,
            storedByteCount: member.stored.count, at: [name])
    }

    private static let largestInflated = 1 << 28
}
