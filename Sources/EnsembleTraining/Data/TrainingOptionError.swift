import UserMessages

/// An option of a training that makes no sense, or that differs from that of the runs it is to join. Callers may word
/// the cases in their own terms; ``description`` names no option of any program.
public enum TrainingOptionError: ExitCoded, Equatable {
    /// The option, in words such as "batch size", breaks a rule: "must be ...".
    case invalid(String, rule: String)
    /// The runs in `folder` were made with another value.
    case differs(String, folder: String, made: String, wanted: String)

    /// The option in words.
    public var option: String {
        switch self {
        case .invalid(let option, _), .differs(let option, _, _, _): option
        }
    }

    /// One line.
    public var description: String {
        switch self {
        case .invalid(let option, let rule): "\(option) must be \(rule)"
        case .differs(let option, let folder, let made, let wanted):
            "\(folder) holds runs made with \(option) \(made), not \(wanted): choose another folder or the same options"
        }
    }

    /// 64.
    public var exitCode: ExitCode { .usage }

    /// Throws ``invalid(_:rule:)`` unless an option satisfies its rule.
    static func require(_ holds: Bool, _ option: String, _ rule: String) throws {
        if !holds { throw invalid(option, rule: rule) }
    }
}
