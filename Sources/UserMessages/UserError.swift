/// An error of the user's data or system, described in one line: the file, the tensor and the position, the problem,
/// and the remedy.
public struct UserError: ExitCoded {
    /// One line for the user.
    public let description: String
    /// The exit code of the program for this error.
    public let exitCode: ExitCode

    private init(_ description: String, _ exitCode: ExitCode) {
        self.description = description
        self.exitCode = exitCode
    }

    /// A request that cannot be fulfilled (exit code 64).
    public static func usage(_ description: String) -> UserError { UserError(description, .usage) }

    /// Data that exists but is wrong (exit code 65).
    public static func badData(_ description: String) -> UserError { UserError(description, .badData) }

    /// An input that does not exist (exit code 66).
    public static func noInput(_ description: String) -> UserError { UserError(description, .noInput) }

    /// Something that the system does not give (exit code 71).
    public static func system(_ description: String) -> UserError { UserError(description, .system) }

    /// A file or folder that cannot be written (exit code 73).
    public static func cannotWrite(_ description: String) -> UserError { UserError(description, .cannotWrite) }

    /// A file that cannot be read (exit code 74).
    public static func cannotRead(_ description: String) -> UserError { UserError(description, .cannotRead) }
}
