/// numpy's `.npy` format: one array per file.
public enum NPY {
    /// The array of an `.npy` file, named after the file.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func read(_ file: MappedFile) throws -> StoredValue {
        let name = ArrayFile.stem(of: file.path)
        let (header, offset) = try file.withAllBytes { try NPYHeader.parse($0, path: file.path, tensor: name) }
        let backing = try TensorStorage(file, offset..<file.byteCount)
        return try value(named: name, header, backing: backing, byteOffset: 0, storedByteCount: backing.byteCount)
    }

    /// The array described by a header, whose elements begin at `byteOffset` of `backing`. Objects are read from the
    /// pickle that numpy writes there.
    ///
    /// - Parameters:
    ///   - storedByteCount: The number of bytes in the file, fewer than in `backing` if they are compressed.
    ///   - path: Where the array stands in its file.
    /// - Throws: `ArrayFileError` (malformed) if the elements do not fit in `backing`.
    static func value(
        named name: String, _ header: NPYHeader, backing: TensorStorage, byteOffset: Int, storedByteCount: Int,
        at path: [String] = []
    ) throws -> StoredValue {
        if header.type == .objects {
            let pickle = try Pickle(
                backing, at: byteOffset, storedByteCount: storedByteCount, member: "objects of '\(name)'")
            var tree = PickleTree(pickle, bareName: name, at: path)
            return try tree.read()
        }
        return try header.type.value(
            named: name, shape: header.shape,
            // Overflowing strides are rejected by the tensor as an overflowing shape.
            strides: header.shape.allSatisfy { $0 >= 0 } ? header.strides : nil,
            backing: backing, byteOffset: byteOffset)
    }
}
