import Foundation

/// Hugging Face's `.safetensors` format: a JSON header, then the bytes of all tensors without gaps. Source: the format
/// section of github.com/huggingface/safetensors.
enum Safetensors {
    private static let elementTypes: [String: ElementType] = [
        "BOOL": .bool, "U8": .uint8, "I8": .int8, "U16": .uint16, "I16": .int16, "U32": .uint32, "I32": .int32,
        "U64": .uint64, "I64": .int64, "F16": .float16, "BF16": .bfloat16, "F32": .float32, "F64": .float64,
    ]

    /// The length of the longest header that the format's own library reads.
    private static let maximumHeaderByteCount = 100_000_000

    private struct Entry: Decodable {
        let dtype: String
        let shape: [Int]
        let dataOffsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }
    }

    private struct Header: Decodable {
        var entries: [(name: String, entry: Entry)] = []

        private struct Name: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Name.self)
            for key in container.allKeys where key.stringValue != "__metadata__" {
                entries.append((key.stringValue, try container.decode(Entry.self, forKey: key)))
            }
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
        let (header, dataOffset) = try file.withAllBytes { bytes in
            var cursor = ByteCursor(bytes, path: file.path)
            let length = try cursor.count(UInt64.self)
            guard length <= maximumHeaderByteCount else {
                throw cursor.malformed("a header of \(length) bytes is not read")
            }
            let text = Data(try cursor.take(length))
            do {
                return (try JSONDecoder().decode(Header.self, from: text), cursor.position)
            } catch {
                throw ArrayFileError.malformed(
                    file.path, place: "header", "is not the JSON of a .safetensors file (\(summary(of: error)))")
            }
        }
        var position = 0
        let entries = try header.entries
            .sorted { $0.entry.dataOffsets.lexicographicallyPrecedes($1.entry.dataOffsets) }
            .map { name, entry in
                let value = try value(name, entry, in: file, dataOffset: dataOffset, position: position)
                position = entry.dataOffsets[1]
                return (key: name, value: value)
            }
        guard position == file.byteCount - dataOffset else {
            throw ArrayFileError.malformed(
                file.path, place: "byte \(dataOffset + position)",
                "\(file.byteCount - dataOffset - position) bytes follow that belong to no tensor")
        }
        return .dictionary(entries)
    }

    private static func value(
        _ name: String, _ entry: Entry, in file: MappedFile, dataOffset: Int, position: Int
    ) throws -> StoredValue {
        func refused(_ reason: String) -> ArrayFileError { .malformed(file.path, tensor: name, reason) }
        let offsets = entry.dataOffsets
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw refused("data_offsets \(offsets) are no range")
        }
        guard offsets[0] == position else {
            throw refused("begins at byte \(offsets[0]) of the data, but should at \(position), after the one before")
        }
        guard offsets[1] <= file.byteCount - dataOffset else {
            throw refused("ends at byte \(offsets[1]) of the data, but there are only \(file.byteCount - dataOffset)")
        }
        guard let elementType = elementTypes[entry.dtype] else {
            return .unread("a tensor of \(entry.dtype), which is not read")
        }
        let backing = try TensorStorage(file, dataOffset + offsets[0]..<dataOffset + offsets[1])
        let tensor = try Tensor(
            name: name, elementType: elementType, shape: entry.shape, byteOrder: .little, backing: backing)
        guard tensor.byteCount == backing.byteCount else {
            throw refused("shape \(entry.shape) of \(elementType) does not fill \(backing.byteCount) bytes")
        }
        return .tensor(tensor)
    }

    private static func summary(of error: any Error) -> String {
        switch error as? DecodingError {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            ([context.debugDescription] + context.codingPath.map { "at \($0.stringValue)" }).joined(separator: " ")
        default: "\(error)"
        }
    }
}
