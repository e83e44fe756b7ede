/// A numpy array or scalar in a pickle, in any of the ways in which numpy has pickled them since Python 2.
struct PickledArray {
    let type: NumpyType
    let shape: [Int]
    /// The order of the axes in memory, the slowest first.
    private let axes: [Int]
    /// A byte string, or for an array of objects the list of them in C order.
    let contents: Pickle.Value

    private static let reconstruct: Set<String> = [
        "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
    ]
    private static let fromBuffer: Set<String> = [
        "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer",
    ]
    private static let scalar: Set<String> = ["numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar"]

    /// The array or scalar that `call` makes; nil if it makes none, or in a way that is not known.
    init?(_ call: Pickle.Call, in pickle: Pickle) {
        guard let arguments = pickle.items(call.arguments) else { return nil }
        let extents: [Int]?
        let type: NumpyType?
        if Self.reconstruct.contains(call.function) {
            guard let state = call.state.flatMap(pickle.items), state.count == 5,
                case .boolean(let isFortran) = state[3]
            else { return nil }
            (extents, type, contents) = (pickle.integers(state[1]), Self.type(state[2], in: pickle), state[4])
            let order = Array(0..<(extents?.count ?? 0))
            axes = isFortran ? order.reversed() : order
        } else if Self.fromBuffer.contains(call.function) {
            guard arguments.count >= 4, let code = pickle.text(arguments[3]) else { return nil }
            (extents, type, contents) = (
                pickle.integers(arguments[2]), Self.type(arguments[1], in: pickle), arguments[0]
            )
            let rank = extents?.count ?? 0
            switch code {
            case "C": axes = Array(0..<rank)
            case "F": axes = Array((0..<rank).reversed())
            default:
                // The shape is that in memory, and the axes are transposed from it.
                guard arguments.count == 5, let order = pickle.integers(arguments[4]), order.count == rank,
                    Set(order) == Set(0..<rank), let type, let extents
                else { return nil }
                shape = order.map { extents[$0] }
                var inverse = order
                for (axis, place) in order.enumerated() { inverse[place] = axis }
                axes = inverse
                self.type = type
                return
            }
        } else if Self.scalar.contains(call.function) {
            guard arguments.count == 2 else { return nil }
            (extents, type, contents, axes) = ([], Self.type(arguments[0], in: pickle), arguments[1], [])
        } else {
            return nil
        }
        guard let extents, let type else { return nil }
        (shape, self.type) = (extents, type)
    }

    /// The array of numbers in `value`; `name` is used in error messages.
    ///
    /// - Throws: `ArrayFileError` (malformed).
    static func numbers(_ value: Pickle.Value, in pickle: Pickle, name: String) throws -> Tensor {
        guard let call = pickle.call(value), let array = PickledArray(call, in: pickle),
            case .tensor(let tensor) = try array.value(named: name, in: pickle)
        else { throw ArrayFileError.malformed(pickle.backing.path, tensor: name, "is not a numpy array of numbers") }
        return tensor
    }

    /// The array as a value of a tree: a tensor, texts, or the reason why it is not read. Not for objects.
    ///
    /// - Throws: `ArrayFileError` (malformed) if it does not have as many bytes as its shape says.
    func value(named name: String, in pickle: Pickle) throws -> StoredValue {
        guard let size = type.size else {
            if case .unread(let reason) = type { return .unread(reason) }
            return .unread("an array of objects, which is not supported")
        }
        func refused(_ reason: String) -> ArrayFileError { .malformed(pickle.backing.path, tensor: name, reason) }
        guard let (backing, byteOffset, byteCount) = pickle.bytes(contents), shape.allSatisfy({ $0 >= 0 }),
            Tensor.product(shape + [size]) == byteCount
        else { throw refused("of shape \(shape) does not have the bytes that it needs") }
        return try type.value(
            named: name, shape: shape, strides: strides, backing: backing, byteOffset: byteOffset)
    }

    /// The distances in elements between neighbors; nil if they overflow.
    private var strides: [Int]? {
        guard let packed = Tensor.strides(ofShape: axes.map { shape[$0] }) else { return nil }
        var strides = packed
        for (place, axis) in axes.enumerated() { strides[axis] = packed[place] }
        return strides
    }

    /// The type that a pickled `numpy.dtype` says; nil if it is described in a way that is not known.
    private static func type(_ value: Pickle.Value, in pickle: Pickle) -> NumpyType? {
        guard let call = pickle.call(value) else { return nil }
        guard call.function == "numpy.dtype", let arguments = pickle.items(call.arguments), let first = arguments.first
        else { return .unread("an array of a dtype made by \(call.function), which is not read") }
        let state = call.state.flatMap(pickle.items) ?? []
        if state.count >= 5 { guard case .none = state[2], case .none = state[3] else { return .structured } }
        guard let code = pickle.text(first) else { return .unread("an array of a dtype that is not numpy's own") }
        if call.state == nil { return NumpyType(descriptor: code) }
        guard state.count >= 5, let order = pickle.text(state[1]) else { return nil }
        return NumpyType(descriptor: order + code)
    }
}

extension PickledArray {
    /// A number of Python or numpy.
    enum ScalarValue: CustomStringConvertible {
        case boolean(Bool)
        case integer(Int)
        case real(Double)

        var description: String {
            switch self {
            case .boolean(let boolean): boolean ? "True" : "False"
            case .integer(let integer): "\(integer)"
            case .real(let real): "\(real)"
            }
        }
    }

    /// The number that `call` makes; nil if it makes something else.
    ///
    /// - Parameter types: The types known so far by their objects: a list may hold many numbers of one type.
    static func number(_ call: Pickle.Call, in pickle: Pickle, types: inout [Int: NumpyType]) -> ScalarValue? {
        guard scalar.contains(call.function), let arguments = pickle.items(call.arguments), arguments.count == 2,
            case .object(let object) = arguments[0], let type = types[object] ?? type(arguments[0], in: pickle)
        else { return nil }
        types[object] = type
        guard case .number(let elementType, let order) = type,
            let (backing, byteOffset, byteCount) = pickle.bytes(arguments[1]), byteCount == elementType.size
        else { return nil }
        return try? backing.withBytes { bytes in
            func integer<Bits: FixedWidthInteger & BitwiseCopyable>(_: Bits.Type) -> Bits {
                let bits = bytes.loadUnaligned(fromByteOffset: byteOffset, as: Bits.self)
                return order == .native ? bits : bits.byteSwapped
            }
            switch elementType {
            case .bool: return .boolean(bytes[byteOffset] != 0)
            case .uint8: return .integer(Int(integer(UInt8.self)))
            case .int8: return .integer(Int(integer(Int8.self)))
            case .uint16: return .integer(Int(integer(UInt16.self)))
            case .int16: return .integer(Int(integer(Int16.self)))
            case .uint32: return .integer(Int(integer(UInt32.self)))
            case .int32: return .integer(Int(integer(Int32.self)))
            case .uint64: return Int(exactly: integer(UInt64.self)).map(ScalarValue.integer)
            case .int64: return .integer(Int(integer(Int64.self)))
            case .float16: return .real(Double(Float16(bitPattern: integer(UInt16.self))))
            case .bfloat16: return .real(Double(Float(bitPattern: UInt32(integer(UInt16.self)) << 16)))
            case .float32: return .real(Double(Float(bitPattern: integer(UInt32.self))))
            case .float64: return .real(Double(bitPattern: integer(UInt64.self)))
            }
        }
    }

    /// The text that `call` makes as a scalar of numpy; nil if it makes something else.
    ///
    /// - Throws: `ArrayFileError` (malformed) if that takes too much.
    static func text(_ call: Pickle.Call, in pickle: Pickle) throws -> String? {
        guard scalar.contains(call.function), let scalar = PickledArray(call, in: pickle), let size = scalar.type.size,
            let (backing, byteOffset, byteCount) = pickle.bytes(scalar.contents), size == byteCount, size > 0,
            case .texts(let texts) = try scalar.type.value(
                named: "", shape: [1], strides: nil, backing: backing, byteOffset: byteOffset)
        else { return nil }
        return texts.first
    }
}
