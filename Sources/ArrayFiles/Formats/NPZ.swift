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
        switch header.type {
        case .unicode, .bytes, .objects:
            // Read at once, so that this is the time to compare the checksum, too. What is inflated stays in memory.
            if member.isDeflated {
                guard archive.file.budget.affords(member.byteCount) else {
                    return .unread("\(member.byteCount) bytes of compressed text or objects")
                }
                try archive.file.budget.spend(member.byteCount)
            } else {
                try archive.verify(member)
            }
        case .number, .unread: break
        }
        return try NPY.value(
            named: name, header, backing: try archive.backing(of: member), byteOffset: offset, at: [name])
    }
}
