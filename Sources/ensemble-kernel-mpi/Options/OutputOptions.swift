import ArgumentParser
import ArrayFiles
import Platform
import UserMessages

/// Options for standard output and standard error.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "Format of standard output.")
    var format = Format.text

    /// Prints the requested form to standard output.
    func print(text: String, json: @autoclosure () throws -> String) throws {
        var output = try format == .text ? TerminalText.lines(text) : TerminalText.json(json())
        if !output.hasSuffix("\n") { output += "\n" }
        if let code = Terminal.write(output, to: STDOUT_FILENO) {
            throw ArrayFileError.writing("standard output", errno: code)
        }
    }
}
