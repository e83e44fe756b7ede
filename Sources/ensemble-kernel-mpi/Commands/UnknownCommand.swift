import Platform
import UserMessages

/// A first argument that is not the name of a command.
struct UnknownCommand {
    private let word: String

    /// Nil if the arguments begin with a command or an option, or are empty.
    init?(in arguments: [String]) {
        let words = arguments.first == "help" ? arguments.dropFirst() : arguments[...]
        guard let word = words.first, !word.hasPrefix("-"), !Self.names.contains(word) else { return nil }
        self.word = word
    }

    private static var names: [String] {
        RootCommand.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    }

    /// What is wrong, and what to type instead.
    var message: String {
        if FileManager.default.fileExists(atPath: word) {
            return "'\(word)' is not a command; to predict from these files, type: ensemble-kernel-mpi predict \(word)"
        }
        let names = Self.names
        let advice =
            Spelling.closest(to: word, among: names).map { "Did you mean '\($0)'?" }
            ?? "The commands are \(names.joined(separator: ", "))."
        return "unknown command '\(word)'. \(advice)"
    }
}
