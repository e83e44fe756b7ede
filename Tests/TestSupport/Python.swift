import Foundation

/// Python, where another implementation is to say whether a file is right.
public enum Python {
    /// Runs a program with arguments, and `input` as its standard input.
    ///
    /// - Returns: its exit code, and what it wrote to standard output.
    public static func run(
        _ program: String, _ arguments: String..., input: Data = Data()
    ) throws -> (status: Int32, output: Data) {
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        python.arguments = ["-c", program] + arguments
        let (given, written) = (Pipe(), Pipe())
        python.standardInput = given
        python.standardOutput = written
        try python.run()
        try given.fileHandleForWriting.write(contentsOf: input)
        try given.fileHandleForWriting.close()
        let output = written.fileHandleForReading.readDataToEndOfFile()
        python.waitUntilExit()
        return (python.terminationStatus, output)
    }
}
