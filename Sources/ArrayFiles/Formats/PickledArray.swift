/// A numpy array in a pickle, in any of the ways in which numpy has pickled arrays since Python 2.
struct PickledArray {
    let elementType: ElementType
    let shape: [Int]
    let isFortranOrder: Bool
    let backing: TensorStorage
    /// The position of the first element in `backing`.
    let byteOffset: Int

    private static let reconstruct: Set<String> = [
        "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
    ]
    private static let fromBuffer: Set<String> = [
        "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer",
    ]
    private static let encode = "_codecs.encode"
    private static let dtype = "numpy.dtype"

    /// The names that may occur in such pickles.
    static let allowed = reconstruct.union(fromBuffer).union([encode, dtype, "numpy.ndarray"])

    /// Reads the array in `value`; `name` is used in error messages.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    init(_ value: Pickle.Value, in pickle: Pickle, name: String) throws {
        func refused(_ reason: String) -> ArrayFileError { .malformed(pickle.backing.path, tensor: name, reason) }
        guard case .call(let function, let arguments, let state) = pickle.object(value),
            let arguments = pickle.items(arguments)
        else { throw refused("is no numpy array") }
        let bytes: Pickle.Value
        let dtype: Pickle.Value
        let extents: Pickle.Value
        if Self.reconstruct.contains(function), let state = state.flatMap(pickle.items), state.count == 5,
            case .boolean(let isFortranOrder) = state[3]
        {
            (extents, dtype, bytes) = (state[1], state[2], state[4])
            self.isFortranOrder = isFortranOrder
        } else if Self.fromBuffer.contains(function), arguments.count == 4, case .text(let order) = arguments[3] {
            (bytes, dtype, extents) = (arguments[0], arguments[1], arguments[2])
            isFortranOrder = order == "F"
        } else {
            throw refused("is no numpy array that is pickled in a way that is known")
        }
        guard let shape = pickle.integers(extents), let type = Self.elementType(dtype, in: pickle) else {
            throw refused("has a shape or dtype that is not read")
        }
        guard let (backing, byteOffset, byteCount) = Self.bytes(bytes, in: pickle),
            shape.allSatisfy({ $0 >= 0 }), Tensor.product(shape + [type.size]) == byteCount
        else { throw refused("of shape \(shape) does not have the bytes that it needs") }
        (elementType, self.shape, self.backing, self.byteOffset) = (type, shape, backing, byteOffset)
    }

    /// Single-byte types only: they have no byte order, which numpy stores elsewhere.
    private static func elementType(_ value: Pickle.Value, in pickle: Pickle) -> ElementType? {
        guard case .call(dtype, let arguments, _) = pickle.object(value),
            let code = pickle.items(arguments)?.first
        else { return nil }
        let text: String
        switch code {
        case .text(let code): text = code
        case .bytes(let range):
            guard let bytes = try? pickle.backing.withBytes({ [UInt8]($0[range]) }) else { return nil }
            text = String(decoding: bytes, as: UTF8.self)
        default: return nil
        }
        return ["u1": .uint8, "i1": .int8, "b1": .bool][text]
    }

    /// Bytes are in the pickle as such or, if Python 3 wrote it for Python 2, as text encoded in Latin-1.
    private static func bytes(
        _ value: Pickle.Value, in pickle: Pickle
    ) -> (backing: TensorStorage, byteOffset: Int, byteCount: Int)? {
        if case .bytes(let range) = value { return (pickle.backing, range.lowerBound, range.count) }
        guard case .call(encode, let arguments, _) = pickle.object(value), let arguments = pickle.items(arguments),
            arguments.count == 2, case .text(let text) = arguments[0], case .text("latin1") = arguments[1]
        else { return nil }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return (TensorStorage(path: pickle.backing.path, byteCount: bytes.count) { [bytes] in bytes }, 0, bytes.count)
    }
}
