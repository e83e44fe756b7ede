import CSIMDKernels
import MessagePassing

/// The precision of the screening pass, which compares all pairs; the few pairs that may be neighbors are computed
/// exactly.
///
/// The results are the same bytes with each precision; only the time differs.
public enum Screen: String, Codable, CaseIterable, Sendable {
    /// Bytes: fastest on processors that multiply them faster than floats, as those of recent years do.
    case int8
    /// Single precision, by BLAS.
    case float32

    /// The backend of this precision.
    var backend: any ScreeningBackend.Type {
        switch self {
        case .int8: HostScreening<Int8Arithmetic>.self
        case .float32: HostScreening<Float32Arithmetic>.self
        }
    }

    /// The fastest precision on the processors of all ranks. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `MPIError`.
    public static func fastest(over world: Communicator) throws -> Screen {
        // A processor that supports a screen also supports the slower ones, which come after it.
        allCases[try world.allreduce(allCases.firstIndex(of: fastest)!, .max)]
    }

    /// The fastest precision on this processor.
    public static var fastest: Screen { Int8Arithmetic.hasVNNI || ek_has_fast_int8() ? .int8 : .float32 }
}
