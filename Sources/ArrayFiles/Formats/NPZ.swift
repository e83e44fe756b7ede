/// numpy's `.npz` format: a zip archive with one `.npy` file per member.
enum NPZ {
    /// The arrays of the archive, named after their members without `.npy`.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func read(_ archive: ZipArchive) throws -> [Tensor] {
        try archive.members.filter { $0.name.hasSuffix(".npy") }.map { member in
            let name = String(member.name.dropLast(".npy".count))
            let prefix = try archive.prefix(of: member, count: NPYHeader.maximumByteCount)
            let (header, offset) = try prefix.withUnsafeBytes {
                try NPYHeader.parse($0, path: archive.file.path, tensor: name)
            }
            return try NPY.tensor(named: name, header, backing: try archive.backing(of: member), byteOffset: offset)
        }
    }
}
