import Foundation

/// Messages to the user on standard error, a line each.
enum Diagnostics {
    /// Writes a line with the program's name before it.
    static func report(_ message: String) {
        // Where even standard error cannot be written there is nowhere left to say so.
        try? FileHandle.standardError.write(contentsOf: Data("ensemble-kernel-mpi: \(message)\n".utf8))
    }

    /// Writes what the user may want to do otherwise, although the result is right.
    static func warn(_ message: String) { report("warning: \(message)") }
}
