import ArrayFiles
import EnsembleTraining
import Foundation
import UserMessages

/// The output of `train` and the demo about a training.
struct TrainingReport {
    private struct Fields: Codable {
        var command = "train"
        var version = ProgramVersion.current
        var out: String
        var runs: Int
        var made: Int
        var seconds: Double
        var single_model_mean: Double
    }

    private let summary: TrainingSummary
    private let out: String

    init(_ summary: TrainingSummary, out: String) {
        self.summary = summary
        self.out = out
    }

    var text: String {
        let out = TerminalText.line(out)
        guard summary.made > 0 else { return "\(out) has \(summary.runs) runs already: nothing to train" }
        return String(
            format: "trained %d %@ in %.1f s; %@ has %d, single model %.2f %%", summary.made,
            (summary.made == 1 ? "run" : "runs") as NSString, summary.seconds, out as NSString, summary.runs,
            100 * summary.testAccuracy)
    }

    func json() throws -> String {
        let fields = Fields(
            out: out, runs: summary.runs, made: summary.made, seconds: summary.seconds,
            single_model_mean: summary.testAccuracy)
        return String(decoding: try JSONEncoder.readable.encode(fields), as: UTF8.self)
    }
}
