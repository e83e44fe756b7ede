/// The type of the elements of a numpy array, of which not all are numbers.
enum NumpyType: Equatable {
    case number(ElementType, ByteOrder)
    /// Text of so many characters at most, each of four bytes.
    case unicode(length: Int, ByteOrder)
    /// Text of so many bytes at most.
    case bytes(length: Int)
    /// Python's objects, which numpy pickles.
    case objects
    /// A type that is not read, and why.
    case unread(String)

    /// numpy's codes without the byte order. bfloat16 has none: ml_dtypes writes it as nameless void.
    static let codes: [String: ElementType] = [
        "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32, "i4": .int32,
        "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
    ]

    static let structured = NumpyType.unread(
        "a structured array, of which each field must be saved for itself to be read")

    /// The type with a name such as `<f4`.
    init(descriptor: String) {
        var code = Substring(descriptor)
        var order = ByteOrder.native
        switch code.first {
        case "<": order = .little
        case ">": order = .big
        case "=", "|": break
        default: code = "=" + code
        }
        code.removeFirst()
        let length = Int(code.dropFirst())
        switch code.first {
        case "O": self = .objects
        case "U": self = length.map { .unicode(length: $0, order) } ?? Self.unknown(descriptor)
        case "S", "a": self = length.map { .bytes(length: $0) } ?? Self.unknown(descriptor)
        default: self = Self.codes[String(code)].map { .number($0, order) } ?? Self.unknown(descriptor)
        }
    }

    private static func unknown(_ descriptor: String) -> NumpyType {
        .unread("an array of dtype '\(descriptor)', which is not read")
    }

    /// The number of bytes of an element; nil if it has no fixed one that is known.
    var size: Int? {
        switch self {
        case .number(let type, _): type.size
        case .unicode(let length, _): Tensor.product([max(length, 0), 4])
        case .bytes(let length): length
        case .objects, .unread: nil
        }
    }

    /// The value of an array that begins at `byteOffset` of `backing`: a tensor, or texts in C order.
    ///
    /// - Parameters:
    ///   - name: The name of the tensor, also for error messages.
    ///   - strides: The distances of neighbors in elements; C order if nil.
    /// - Throws: `ArrayFileError` (malformed) if the elements do not fit in `backing`, or are objects.
    func value(
        named name: String, shape: [Int], strides: [Int]?, backing: TensorStorage, byteOffset: Int
    ) throws -> StoredValue {
        switch self {
        case .number(let elementType, let byteOrder):
            return .tensor(
                try Tensor(
                    name: name, elementType: elementType, shape: shape, strides: strides, byteOrder: byteOrder,
                    backing: backing, byteOffset: byteOffset))
        case .unread(let reason): return .unread(reason)
        case .objects: throw ArrayFileError.malformed(backing.path, tensor: name, "holds objects where data should be")
        case .unicode, .bytes:
            // Bytes stand for the texts, so that their sizes are checked where all sizes are.
            guard let size else {
                throw ArrayFileError.malformed(backing.path, tensor: name, "has texts longer than any memory")
            }
            guard size > 0 else { return .unread("texts of no length") }
            let places = try Tensor(
                name: name, elementType: .uint8, shape: shape + [size],
                strides: strides.map { $0.map { $0 &* size } + [1] }, backing: backing, byteOffset: byteOffset)
            let cost = places.byteCount + Self.costOfText * (places.byteCount / size)
            // Texts are read at once, and kept in memory.
            guard backing.budget.affords(cost) else {
                return .unread("\(places.byteCount / size) texts of \(size) bytes, too many for such a file")
            }
            try backing.budget.spend(cost)
            let texts = try places.withContiguousBytes { bytes in
                stride(from: 0, to: bytes.count, by: size).map {
                    text(UnsafeRawBufferPointer(rebasing: bytes[$0..<$0 + size]))
                }
            }
            return shape.isEmpty ? .plain : .texts(texts)
        }
    }

    private static let costOfText = 32

    /// The text of one element: without the zeros that fill it up.
    private func text(_ bytes: UnsafeRawBufferPointer) -> String {
        guard case .unicode(_, let order) = self else {
            return String(decoding: bytes[..<Self.end(of: bytes)], as: UTF8.self)
        }
        var text = String.UnicodeScalarView()
        for place in stride(from: 0, to: Self.end(of: bytes), by: 4) {
            let bits = bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)
            let code = order == .native ? bits : bits.byteSwapped
            text.append(Unicode.Scalar(code) ?? "\u{fffd}")
        }
        return String(text)
    }

    /// The position after the last byte that is not zero.
    private static func end(of bytes: UnsafeRawBufferPointer) -> Int { (bytes.lastIndex { $0 != 0 } ?? -1) + 1 }
}
