/// Hugging Face's `.safetensors` format: a JSON header, then the bytes of all tensors without gaps. Source: the format
/// section of github.com/huggingface/safetensors.
enum Safetensors {
    private static let elementTypes: [String: ElementType] = [
        "BOOL": .bool, "U8": .uint8, "I8": .int8, "U16": .uint16, "I16": .int16, "U32": .uint32, "I32": .int32,
        "U64": .uint64, "I64": .int64, "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64,
    ]

    /// The length of the longest header that the format's own library reads.
    private static let maximumHeaderByteCount = 100_000_000

    private struct Entry {
        let name, type: String
        let shape: [Int]
        /// The range of the tensor in the data.
        let start, end: Int

        /// Reads the description of the tensor called `name`.
        init(name: String, _ scanner: inout JSONScanner) throws {
            let position = scanner.position
            func refused(_ reason: String) -> JSONScanner.Failure {
                JSONScanner.Failure(reason: "tensor '\(name)' \(reason)", position: position)
            }
            func set<Value>(_ field: inout Value?, _ value: Value) throws {
                // Readers differ in which of the two they take.
                guard field == nil else { throw refused("has dtype, shape or data_offsets twice") }
                field = value
            }
            var (type, shape, offsets): (String?, [Int]?, [Int]?)
            try scanner.object { key, scanner in
                switch key {
                case "dtype": try set(&type, scanner.string())
                case "shape": try set(&shape, scanner.integers())
                case "data_offsets": try set(&offsets, scanner.integers())
                default: try scanner.skipValue()
                }
            }
            guard let type, let shape, let offsets else { throw refused("lacks dtype, shape or data_offsets") }
            guard offsets.count == 2, offsets[0] <= offsets[1] else {
                throw refused("has data_offsets that are not a range")
            }
            (self.name, self.type, self.shape, start, end) = (name, type, shape, offsets[0], offsets[1])
        }
    }

    /// Whether a file with these first bytes can be in this format.
    static func recognizes(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > 8, bytes[8] == UInt8(ascii: "{") else { return false }
        return UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) <= UInt64(maximumHeaderByteCount)
    }

    /// The tensors in the order of their bytes. Those of a type that is not known are not read.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func read(_ file: MappedFile) throws -> StoredValue {
        let (unsorted, dataOffset) = try file.withAllBytes { bytes in
            var cursor = ByteCursor(bytes, path: file.path)
            let length = try cursor.count(UInt64.self)
            guard length <= maximumHeaderByteCount else {
                throw cursor.malformed("a header of \(length) bytes is not read")
            }
            let start = cursor.position
            do {
                return (try described(by: try cursor.take(length)), cursor.position)
            } catch let failure as JSONScanner.Failure {
                throw ArrayFileError.malformed(
                    file.path, place: "byte \(start + failure.position)",
                    "the header is not that of a .safetensors file: \(failure.reason)")
            }
        }
        var position = 0
        let entries = try unsorted.sorted { ($0.start, $0.end) < ($1.start, $1.end) }.map { entry in
            let value = try value(entry, in: file, dataOffset: dataOffset, position: position)
            position = entry.end
            return (key: entry.name, value: value)
        }
        guard position == file.byteCount - dataOffset else {
            throw ArrayFileError.malformed(
                file.path, place: "byte \(dataOffset + position)",
                "\(file.byteCount - dataOffset - position) bytes follow that belong to no tensor")
        }
        return .dictionary(entries)
    }

    /// The tensors that a header describes, in its order.
    private static func described(by header: UnsafeRawBufferPointer) throws -> [Entry] {
        var scanner = JSONScanner(header)
        var entries: [Entry] = []
        var names: Set<String> = []
        try scanner.object { name, scanner in
            // Readers differ in which of the two they take.
            guard names.insert(name).inserted else {
                throw JSONScanner.Failure(reason: "'\(name)' is there twice", position: scanner.position)
            }
            if name == "__metadata__" {
                try scanner.skipValue()
            } else {
                entries.append(try Entry(name: name, &scanner))
            }
        }
        try scanner.end()
        return entries
    }

    private static func value(
        _ entry: Entry, in file: MappedFile, dataOffset: Int, position: Int
    ) throws -> StoredValue {
        func refused(_ reason: String) -> ArrayFileError { .malformed(file.path, tensor: entry.name, reason) }
        guard entry.start == position else {
            throw refused("begins at byte \(entry.start) of the data, but should at \(position), after the one before")
        }
        guard entry.end <= file.byteCount - dataOffset else {
            throw refused("ends at byte \(entry.end) of the data, but there are only \(file.byteCount - dataOffset)")
        }
        guard let elementType = elementTypes[entry.type] else {
            return .unread("a tensor of \(entry.type), which is not read")
        }
        let backing = try TensorStorage(file, dataOffset + entry.start..<dataOffset + entry.end)
        let tensor = try Tensor(
            name: entry.name, elementType: elementType, shape: entry.shape, byteOrder: .little, backing: backing)
        guard tensor.byteCount == backing.byteCount else {
            throw refused("shape \(entry.shape) of \(elementType) does not fill \(backing.byteCount) bytes")
        }
        return .tensor(tensor)
    }
}
