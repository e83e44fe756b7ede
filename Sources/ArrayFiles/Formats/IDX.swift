import Platform

/// The IDX format of MNIST and similar data sets, plain or compressed by gzip: one array of big-endian numbers. Source:
/// yann.lecun.com/exdb/mnist, "the IDX file format".
enum IDX {
    private static let elementTypes: [UInt8: ElementType] = [
        0x08: .uint8, 0x09: .int8, 0x0b: .int16, 0x0c: .int32, 0x0d: .float32, 0x0e: .float64,
    ]

    private struct Header {
        let elementType: ElementType
        let shape: [Int]
        let byteCount: Int
    }

    /// The length of the longest header: 255 axes.
    private static let maximumHeaderByteCount = 4 + 4 * 255

    /// Whether a file, inflated if necessary, begins with a header of this format.
    static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard Deflate.isGzip(bytes) else { return isHeader(bytes) }
        guard let start = try? Deflate.prefix(bytes, .gzip, count: 4) else { return false }
        return start.withUnsafeBytes(isHeader)
    }

    /// The array of the file, named after the file.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func read(_ file: MappedFile) throws -> Tensor {
        let (start, isCompressed) = try file.withAllBytes { bytes in
            Deflate.isGzip(bytes)
                ? (
                    try Deflate.inFile(file.path) { try Deflate.prefix(bytes, .gzip, count: maximumHeaderByteCount) },
                    true
                )
                : ([UInt8](bytes.prefix(maximumHeaderByteCount)), false)
        }
        let header = try start.withUnsafeBytes { try parse($0, path: file.path) }
        let (total, overflow) = (Tensor.product(header.shape + [header.elementType.size]) ?? .max)
            .addingReportingOverflow(header.byteCount)
        let largest = isCompressed ? file.byteCount.multipliedReportingOverflow(by: Deflate.maximumRatio) : nil
        guard !overflow, largest.map({ $0.overflow || total <= $0.partialValue }) ?? (total == file.byteCount) else {
            throw ArrayFileError.malformed(
                file.path, place: "header",
                "shape \(header.shape) of \(header.elementType) does not go with a file of \(file.byteCount) bytes")
        }
        let backing =
            isCompressed
            ? TensorStorage(byteCount: total, of: "the inflated file", budget: file.budget) { room in
                try file.withAllBytes { bytes in
                    try Deflate.inFile(file.path) { try Deflate.inflate(bytes, .gzip, into: room) }
                }
            } : try TensorStorage(file, 0..<total)
        return try Tensor(
            name: name(of: file.path), elementType: header.elementType, shape: header.shape, byteOrder: .big,
            backing: backing, byteOffset: header.byteCount)
    }

    private static func isHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.count >= 4 && bytes[0] == 0 && bytes[1] == 0 && elementTypes[bytes[2]] != nil && bytes[3] > 0
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer, path: String) throws -> Header {
        guard isHeader(bytes), let elementType = elementTypes[bytes[2]] else {
            throw ArrayFileError.malformed(path, "is not an IDX file: its first four bytes are none of that format")
        }
        var cursor = ByteCursor(bytes, path: path, at: 4)
        var shape: [Int] = []
        for _ in 0..<bytes[3] { shape.append(Int(try cursor.big(UInt32.self))) }
        return Header(elementType: elementType, shape: shape, byteCount: cursor.position)
    }

    private static func name(of path: String) -> String {
        var file = URL(fileURLWithPath: path)
        if file.pathExtension == "gz" { file.deletePathExtension() }
        return file.deletingPathExtension().lastPathComponent
    }
}
