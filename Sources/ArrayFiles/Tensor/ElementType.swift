/// The type of one element of a stored array, by numpy's name.
public enum ElementType: String, CaseIterable, Codable, Sendable {
    case bool
    case uint8
    case int8
    case uint16
    case int16
    case uint32
    case int32
    case uint64
    case int64
    case float16
    /// The upper half of a float32; numpy itself has no such type.
    case bfloat16
    case float32
    case float64

    /// Number of bytes of one element.
    public var size: Int {
        switch self {
        case .bool, .uint8, .int8: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }

    /// Whether elements are integers; `bool` is 0 or 1.
    public var isInteger: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: false
        default: true
        }
    }
}

/// The order of the bytes of one stored element.
public enum ByteOrder: String, Sendable {
    case little
    case big

    /// The byte order of the machine that runs this program.
    public static var native: ByteOrder { Int(1).littleEndian == 1 ? .little : .big }
}

/// A Swift number type with the memory layout of an `ElementType`.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The element type of such numbers in a file.
    static var elementType: ElementType { get }
}

extension UInt8: TensorElement {
    /// The element type `uint8`.
    public static var elementType: ElementType { .uint8 }
}

extension Int32: TensorElement {
    /// The element type `int32`.
    public static var elementType: ElementType { .int32 }
}

extension Int64: TensorElement {
    /// The element type `int64`.
    public static var elementType: ElementType { .int64 }
}

extension Int: TensorElement {
    /// The element type `int64`.
    public static var elementType: ElementType { .int64 }
}

extension Float16: TensorElement {
    /// The element type `float16`.
    public static var elementType: ElementType { .float16 }
}

extension Float: TensorElement {
    /// The element type `float32`.
    public static var elementType: ElementType { .float32 }
}

extension Double: TensorElement {
    /// The element type `float64`.
    public static var elementType: ElementType { .float64 }
}
