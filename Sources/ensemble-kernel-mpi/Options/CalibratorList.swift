import ArgumentParser
import EnsembleMetrics

/// Calibrators separated by commas, or all of them; first, to compare with, none.
struct CalibratorList: ExpressibleByArgument {
    let calibrators: [Calibrator]

    init?(argument: String) {
        let names = argument.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let chosen = names == ["all"] ? Calibrator.allCases : names.compactMap(Calibrator.init(rawValue:))
        guard !chosen.isEmpty, names == ["all"] || chosen.count == names.count else { return nil }
        calibrators = ([.none] + chosen).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}
