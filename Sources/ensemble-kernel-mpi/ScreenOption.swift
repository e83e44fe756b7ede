import ArgumentParser
import EnsembleKernel
import MessagePassing

/// The arithmetic in which all pairs are compared.
struct ScreenOption: ParsableArguments {
    /// A screen, or the fastest that all ranks have.
    private struct Choice: ExpressibleByArgument {
        let screen: Screen?

        init(_ screen: Screen?) { self.screen = screen }

        init?(argument: String) {
            screen = Screen(rawValue: argument)
            guard screen != nil || argument == "auto" else { return nil }
        }

        var defaultValueDescription: String { screen?.rawValue ?? "auto" }

        static var allValueStrings: [String] { ["auto"] + Screen.allCases.map(\.rawValue) }
    }

    @Option(
        help: """
            Arithmetic in which all pairs are compared, before the nearest are computed exactly; auto is int8 where the \
            processors have AVX2 or VNNI, else float32.
            """)
    private var screen = Choice(nil)

    /// The screen of all ranks. Collective over `world`: every rank calls it.
    func agreed(world: Communicator) throws -> Screen { try screen.screen ?? .fastest(over: world) }
}
