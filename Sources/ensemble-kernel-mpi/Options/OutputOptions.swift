import ArgumentParser
import ArrayFiles
import Foundation

/// Options for standard output and standard error.
struct OutputOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "What to print on standard output: text or json.")
    var format = Format.text

    /// Prints the requested form to standard output.
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
