import ArgumentParser
import ArrayFiles
import Platform
import UserMessages

/// Numbers of examples from 0: such as "5,9,12-14", or a file with one number a line.
struct ExampleNumbers: ExpressibleByArgument {
    private let argument: String
    private static let most = 100_000_000

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        self.argument = argument
    }

    /// The numbers, ascending, each once; nil if there are none.
    ///
    /// - Throws: `ArrayFileError` if the file cannot be read; `UserError`: 66 if there is none, 65 if it holds other
    ///   things.
    var numbers: [Int]? {
        get throws {
            let ranges = RunNumbers(argument: argument)?.ranges
            guard ranges?.reduce(0, { $0 + $1.count }) ?? 0 <= Self.most else {
                throw UserError.usage("\(argument): more than \(NumberText.grouped(Self.most)) numbers of examples")
            }
            let all = try ranges.map { $0.flatMap(Array.init) } ?? read()
            return all.isEmpty ? nil : Set(all).sorted()
        }
    }

    private func read() throws -> [Int] {
        guard let contents = try FileSystem.contents(of: argument) else {
            let message = "\(argument): no such file, nor numbers of examples such as 5,9,12-14"
            let looksLikeNumbers = argument.allSatisfy { $0.isNumber || "-, ".contains($0) }
            throw looksLikeNumbers ? UserError.usage(message) : UserError.noInput(message)
        }
        return try String(decoding: contents, as: UTF8.self).drop { $0 == "\u{FEFF}" }.split(
            omittingEmptySubsequences: false
        ) { $0.isNewline }
        .enumerated().compactMap { place, line in
            let line = line.withoutOuterSpaces
            guard !line.isEmpty else { return nil }
            guard let number = Int(line), number >= 0 else {
                throw UserError.badData(
                    "\(argument): line \(place + 1) is \(TerminalText.name(String(line))), not an example's number")
            }
            return number
        }
    }
}
