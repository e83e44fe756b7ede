internal import CMPI

/// A number that MPI can transfer and reduce: `Int8`, `UInt8`, `Int16`, `Int32`, `Int64`, `Int`, `Float`, `Double`.
public protocol Transferable: BitwiseCopyable, Sendable {
    /// The MPI datatype with the layout of `Self`.
    static var datatype: Datatype { get }
}

/// The MPI datatype of a `Transferable` type. There is one for each conforming type, and no other.
public struct Datatype: Sendable {
    let code: CMPIDatatype
}

extension Int8: Transferable {
    /// The MPI datatype `MPI_INT8_T`.
    public static var datatype: Datatype { Datatype(code: .int8) }
}

extension UInt8: Transferable {
    /// The MPI datatype `MPI_UINT8_T`.
    public static var datatype: Datatype { Datatype(code: .uInt8) }
}

extension Int16: Transferable {
    /// The MPI datatype `MPI_INT16_T`.
    public static var datatype: Datatype { Datatype(code: .int16) }
}

extension Int32: Transferable {
    /// The MPI datatype `MPI_INT32_T`.
    public static var datatype: Datatype { Datatype(code: .int32) }
}

extension Int64: Transferable {
    /// The MPI datatype `MPI_INT64_T`.
    public static var datatype: Datatype { Datatype(code: .int64) }
}

extension Int: Transferable {
    /// The MPI datatype `MPI_INT64_T`: `Int` has 64 bits on every platform of this package.
    public static var datatype: Datatype { Datatype(code: .int64) }
}

extension Float: Transferable {
    /// The MPI datatype `MPI_FLOAT`.
    public static var datatype: Datatype { Datatype(code: .float) }
}

extension Double: Transferable {
    /// The MPI datatype `MPI_DOUBLE`.
    public static var datatype: Datatype { Datatype(code: .double) }
}
