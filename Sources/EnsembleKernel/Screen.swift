/// The arithmetic in which every pair is compared, before the few that may be neighbours are computed exactly.
///
/// The results are the same bytes with either; only the time differs.
public enum Screen: String, Codable, CaseIterable, Sendable {
    /// Bytes, by oneDNN: the fastest where the processor has instructions for it.
    case int8
    /// Single precision, by BLAS.
    case float32

    /// The screens that this build has: bytes need oneDNN, a trait of the package.
    public static var available: [Screen] {
        #if OneDNN
            [.int8, .float32]
        #else
            [.float32]
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
        case .float32: Float.self
        }
    }

    /// Bytes of such a number.
    var countBytes: Int { self == .int8 ? 1 : MemoryLayout<Float>.stride }

    /// - Throws: ``EnsembleError`` (64) where this build does not have the screen.
    public func requireAvailable() throws {
        guard Self.available.contains(self) else {
            throw EnsembleError.usage("--screen \(rawValue): this program was built without oneDNN")
        }
    }

    /// The faster of the screens that this build has: 2 to 5 times so.
    public static var fastest: Screen { available[0] }
}
