import ArgumentParser
import ArrayFiles
import Foundation

/// Options about what goes to standard output and standard error.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "What to print on standard output: text or json.")
    var format = Format.text

    /// Writes the form that was asked for to standard output.
    func print(text: String, json: @autoclosure () throws -> String) throws {
        var output = try format == .text ? text : json()
        if !output.hasSuffix("\n") { output += "\n" }
        do {
            try FileHandle.standardOutput.write(contentsOf: Data(output.utf8))
        } catch {
            throw ArrayFileError.cannotWrite("standard output", "it is closed or full")
        }
    }
}
