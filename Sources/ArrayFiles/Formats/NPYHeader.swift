import Platform

/// The header of an `.npy` file: the type of the elements and their layout. Source: NEP 1 and `numpy.lib.format`.
struct NPYHeader: Equatable {
    var type: NumpyType
    var isFortranOrder: Bool
    var shape: [Int]

    static let magic: [UInt8] = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

    /// The length of the longest header that is read; numpy itself refuses to evaluate more than 10,000 bytes.
    static let maximumByteCount = 1 << 16

    /// Strides in elements for the header's memory order; nil if they overflow.
    var strides: [Int]? {
        isFortranOrder
            ? Tensor.strides(ofShape: shape.reversed())?.reversed()
            : Tensor.strides(ofShape: shape)
    }

    /// Parses a header at the start of `bytes`, which ends no header if it holds `maximumByteCount` bytes or the whole
    /// file.
    ///
    /// - Returns: The header, and the position of the first element.
    /// - Throws: `ArrayFileError` (malformed).
    static func parse(
        _ bytes: UnsafeRawBufferPointer, path: String, tensor: String
    ) throws -> (header: NPYHeader, dataOffset: Int) {
        do {
            var cursor = ByteCursor(bytes, path: path)
            guard try cursor.take(magic.count).elementsEqual(magic) else {
                throw ArrayFileError.malformed(path, "is not an .npy file: it does not begin with \\x93NUMPY")
            }
            let major = try cursor.little(UInt8.self)
            _ = try cursor.little(UInt8.self)
            guard (1...3).contains(major) else { throw cursor.malformed("version \(major) of .npy is not known") }
            let length = major == 1 ? Int(try cursor.little(UInt16.self)) : Int(try cursor.little(UInt32.self))
            guard length <= maximumByteCount else { throw cursor.malformed("a header of \(length) bytes is not read") }
            var literal = PythonLiteral(try cursor.take(length))
            guard let header = try NPYHeader(literal.parse()) else {
                throw cursor.malformed("the header lacks descr, fortran_order or shape")
            }
            return (header, cursor.position)
        } catch let failure as PythonLiteral.Failure {
            throw ArrayFileError.malformed(path, tensor: tensor, place: "header", failure.reason)
        } catch var error as ArrayFileError {
            error.tensor = tensor
            throw error
        }
    }

    init(elementType: ElementType, byteOrder: ByteOrder = .native, isFortranOrder: Bool = false, shape: [Int]) {
        type = .number(elementType, byteOrder)
        self.isFortranOrder = isFortranOrder
        self.shape = shape
    }

    private init?(_ literal: PythonLiteral.Value) throws {
        guard case .dictionary(let fields) = literal, let descriptor = fields["descr"],
            case .boolean(let isFortranOrder)? = fields["fortran_order"], case .sequence(let extents)? = fields["shape"]
        else { return nil }
        if case .text(let code) = descriptor { type = NumpyType(descriptor: code) } else { type = .structured }
        self.isFortranOrder = isFortranOrder
        shape = try extents.map { extent in
            guard case .integer(let extent) = extent else {
                throw PythonLiteral.Failure(reason: "the shape holds something that is not an integer")
            }
            return extent
        }
    }
}

extension NPYHeader {
    /// The bytes of the header for C-order elements in native byte order, padded so that the elements begin at a
    /// multiple of 64; nil if numpy has no name for the element type.
    func encoded() -> [UInt8]? {
        guard case .number(let elementType, let byteOrder) = type,
            let code = NumpyType.codes.first(where: { $0.value == elementType })?.key
        else { return nil }
        let order = elementType.size == 1 ? "|" : byteOrder == .little ? "<" : ">"
        return Self.encoded(descriptor: order + code, isFortranOrder: isFortranOrder, shape: shape)
    }

    /// The bytes of the header for a dtype given by its name in numpy.
    static func encoded(descriptor: String, isFortranOrder: Bool = false, shape: [Int]) -> [UInt8] {
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        let text =
            "{'descr': '\(descriptor)', 'fortran_order': \(isFortranOrder ? "True" : "False"), 'shape': (\(extents)), }"
        let unpadded = magic.count + 4 + text.utf8.count + 1
        let padding = (64 - unpadded % 64) % 64
        let length = UInt16(text.utf8.count + padding + 1)
        return magic + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + text.utf8
            + [UInt8](repeating: UInt8(ascii: " "), count: padding) + [UInt8(ascii: "\n")]
    }
}
