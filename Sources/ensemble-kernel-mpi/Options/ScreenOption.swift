import ArgumentParser
import EnsembleKernel

/// The precision of the screening pass.
struct ScreenOption: ParsableArguments {
    /// A precision, or automatic: the fastest on the processors of all ranks.
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
            Precision of the screening pass; the remaining candidates are computed exactly. auto: int8 on processors \
            with AVX2 or VNNI, else float32.
            """)
    private var screen = Choice(nil)

    /// The requested precision; nil for the fastest on the processors of all ranks.
    var requested: Screen? { screen.screen }
}
