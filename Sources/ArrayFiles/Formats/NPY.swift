import Foundation

/// numpy's `.npy` format: one array per file.
public enum NPY {
    /// The array of an `.npy` file, named after the file.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func read(_ file: MappedFile) throws -> Tensor {
        let name = URL(fileURLWithPath: file.path).deletingPathExtension().lastPathComponent
        let (header, offset) = try file.withAllBytes { try NPYHeader.parse($0, path: file.path, tensor: name) }
        let backing = try TensorStorage(file, offset..<file.byteCount)
        return try tensor(named: name, header, backing: backing, byteOffset: 0)
    }

    /// The tensor described by a header, whose elements begin at `byteOffset` of `backing`.
    ///
    /// - Throws: `ArrayFileError` (malformed) if the elements do not fit in `backing`.
    static func tensor(named name: String, _ header: NPYHeader, backing: TensorStorage, byteOffset: Int) throws
        -> Tensor
    {
        try Tensor(
            name: name, elementType: header.elementType, shape: header.shape,
            // Overflowing strides are rejected by the tensor as an overflowing shape.
            strides: header.shape.allSatisfy { $0 >= 0 } ? header.strides : nil,
            byteOrder: header.byteOrder, backing: backing, byteOffset: byteOffset)
    }
}
