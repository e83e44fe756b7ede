import ArgumentParser
import EnsembleMetrics

/// Calibrators separated by commas, or all of them; first, to compare with, none.
struct CalibratorList: ExpressibleByArgument {
    let calibrators: [Calibrator]

    init?(argument: String) {
        guard let chosen = argument == "all" ? Calibrator.allCases : [Calibrator](names: argument) else { return nil }
        calibrators = [.none] + chosen.filter { $0 != .none }
    }
}
