/// numpy's `.npy` format: one array per file, or several that were saved one after the other.
public enum NPY {
    /// The array of an `.npy` file, named after the file; a list where several calls of `numpy.save` wrote to one file.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func read(_ file: MappedFile) throws -> StoredValue {
        let name = ArrayFile.stem(of: file.path)
        var values: [StoredValue] = []
        var start = 0
        repeat {
            let (header, length) = try file.withAllBytes {
                try NPYHeader.parse(
                    UnsafeRawBufferPointer(rebasing: $0[start...]), path: file.path, tensor: name)
            }
            let backing = try TensorStorage(file, start + length..<file.byteCount)
            let value = try value(named: name, header, backing: backing, byteOffset: 0)
            values.append(value)
            // The length of objects, and of what is not read, is not known.
            guard case .tensor(let tensor) = value else { break }
            start += length + tensor.byteCount
        } while try start < file.byteCount && file.withAllBytes { $0[start...].starts(with: NPYHeader.magic) }
        return values.count == 1 ? values[0] : .list(values)
    }

    /// The array described by a header, whose elements begin at `byteOffset` of `backing`. Objects are read from the
    /// pickle that numpy writes there.
    ///
    /// - Parameter path: Where the array stands in its file.
    /// - Throws: `ArrayFileError` (malformed) if the elements do not fit in `backing`.
    static func value(
        named name: String, _ header: NPYHeader, backing: TensorStorage, byteOffset: Int, at path: [String] = []
    ) throws -> StoredValue {
        if header.type == .objects {
            let pickle = try Pickle(backing, at: byteOffset, member: "objects of '\(name)'")
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
