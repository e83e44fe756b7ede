import CVectorKernels
import MessagePassing

#if OneDNN
    import COneDNN
#endif

/// The arithmetic in which every pair is compared, before the few that may be neighbours are computed exactly.
///
/// The results are the same bytes with each; only the time differs.
public enum Screen: String, Codable, CaseIterable, Sendable {
    /// Bytes, by oneDNN: the fastest where the processor has instructions for it (VNNI).
    case int8
    /// 16-bit integers: the fastest on other processors of recent years.
    case int16
    /// Single precision, by BLAS.
    case float32

    /// The screens that this build has: bytes need oneDNN, a trait of the package.
    public static var available: [Screen] {
        #if OneDNN
            allCases
        #else
            [.int16, .float32]
        #endif
    }

    /// The numbers that this screen multiplies.
    ///
    /// - Precondition: this build has the screen: see ``requireAvailable()``.
    var element: any ScreenElement.Type {
        switch self {
        #if OneDNN
            case .int8: Int8.self
        #else
            case .int8: preconditionFailure("this build has no int8 screen")
        #endif
        case .int16: Int16.self
        case .float32: Float.self
        }
    }

    /// Bytes of such a number.
    var countBytes: Int {
        switch self {
        case .int8: MemoryLayout<Int8>.stride
        case .int16: MemoryLayout<Int16>.stride
        case .float32: MemoryLayout<Float>.stride
        }
    }

    /// - Throws: ``EnsembleError`` (64) where this build does not have the screen.
    public func requireAvailable() throws {
        guard Self.available.contains(self) else {
            throw EnsembleError.usage("--screen \(rawValue): this program was built without oneDNN")
        }
    }

    /// The fastest that this build has on the processors of all ranks. Collective over `world`: every rank calls it.
    public static func fastest(over world: Communicator) throws -> Screen {
        // A processor that has a screen has the slower ones, which stand behind it.
        allCases[try world.allreduce(allCases.firstIndex(of: fastest)!, .max)]
    }

    /// The fastest that this build has on this processor.
    public static var fastest: Screen {
        #if OneDNN
            if COneDNN_has_vnni() { return .int8 }
        #endif
        return vk_has_fast_int16() ? .int16 : .float32
    }
}
