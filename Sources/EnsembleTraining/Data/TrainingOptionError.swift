import UserMessages

/// An option of a training that makes no sense, or that differs from that of the runs it is to join. ``description``
/// names no option of any program; callers may name it, or word the cases in their own terms.
public enum TrainingOptionError: ExitCoded, Equatable {
    /// The option, in words such as "batch size", breaks a rule: "must be ...".
    case invalid(String, rule: String)
    /// The runs in `folder` were made with another value.
    case differs(String, folder: String, made: String, wanted: String)
    /// The runs in `folder` were made with the option, which has no value, if `isSet`; else without it.
    case differsInFlag(String, folder: String, isSet: Bool)

    /// One line.
    public var description: String { description { $0 } }

    /// One line, with a caller's name of the option for that in words.
    public func description(naming name: (String) -> String) -> String {
        switch self {
        case .invalid(let option, let rule): "\(name(option)) must be \(rule)"
        case .differs(let option, let folder, let made, let wanted):
            """
            \(folder) holds runs made with \(name(option)) \(made), not \(wanted): choose another folder or the same \
            options
            """
        case .differsInFlag(let option, let folder, let isSet):
            """
            \(folder) holds runs made \(isSet ? "with" : "without") \(name(option)): choose another folder or the same \
            options
            """
        }
    }

    /// 64.
    public var exitCode: ExitCode { .usage }

    /// Throws ``invalid(_:rule:)`` unless an option satisfies its rule.
    static func require(_ holds: Bool, _ option: String, _ rule: String) throws {
        if !holds { throw invalid(option, rule: rule) }
    }
}
