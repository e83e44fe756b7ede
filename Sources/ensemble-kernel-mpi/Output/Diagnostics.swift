import Platform
import UserMessages

/// Messages to the user on standard error, one line each.
enum Diagnostics {
    /// The program's name, with which all messages begin.
    static let program = "ensemble-kernel-mpi"

    /// Writes a line that starts with the program's name.
    static func report(_ message: String) {
        // If even standard error cannot be written, there is nowhere left to report it.
        _ = Terminal.write(TerminalText.line("\(program): \(message)") + "\n", to: STDERR_FILENO)
    }

    /// Writes a warning: advice to the user, although the result is correct.
    static func warn(_ message: String) { report("warning: \(message)") }
}
