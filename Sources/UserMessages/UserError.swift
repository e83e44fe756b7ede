/// An error of the user's data or system that needs nothing but one line: the file, the tensor and the place, what is
/// wrong there, and what to do.
public struct UserError: ExitCoded {
    /// The line.
    public let description: String
    /// The exit code.
    public let exitCode: ExitCode

    private init(_ description: String, _ exitCode: ExitCode) {
        self.description = description
        self.exitCode = exitCode
    }

    /// A request that cannot be fulfilled (64).
    public static func usage(_ description: String) -> UserError { UserError(description, .usage) }

    /// Data that is there and is wrong (65).
    public static func badData(_ description: String) -> UserError { UserError(description, .badData) }

    /// An input that does not exist (66).
    public static func noInput(_ description: String) -> UserError { UserError(description, .noInput) }

    /// A place that cannot be written (73).
    public static func cannotWrite(_ description: String) -> UserError { UserError(description, .cannotWrite) }

    /// A file that cannot be read (74).
    public static func cannotRead(_ description: String) -> UserError { UserError(description, .cannotRead) }
}
