import CVectorKernels
import MessagePassing

/// The arithmetic in which every pair is compared, before the few that may be neighbours are computed exactly.
///
/// The results are the same bytes with each; only the time differs.
public enum Screen: String, Codable, CaseIterable, Sendable {
    /// Bytes: the fastest where the processor multiplies them faster than floats, as those of recent years do.
    case int8
    /// Single precision, by BLAS.
    case float32

    /// The numbers that this screen multiplies.
    var element: any ScreenElement.Type {
        switch self {
        case .int8: Int8.self
        case .float32: Float.self
        }
    }

    /// Bytes of such a number.
    var countBytes: Int {
        switch self {
        case .int8: MemoryLayout<Int8>.stride
        case .float32: MemoryLayout<Float>.stride
        }
    }

    /// The fastest on the processors of all ranks. Collective over `world`: every rank calls it.
    public static func fastest(over world: Communicator) throws -> Screen {
        // A processor that has a screen has the slower ones, which stand behind it.
        allCases[try world.allreduce(allCases.firstIndex(of: fastest)!, .max)]
    }

    /// The fastest on this processor.
    public static var fastest: Screen { Int8.hasVNNI || vk_has_fast_int8() ? .int8 : .float32 }
}
