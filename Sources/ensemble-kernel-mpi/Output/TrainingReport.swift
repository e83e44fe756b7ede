import ArrayFiles
import EnsembleTraining
import Platform
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
        guard summary.made > 0 else { return "\(out) already has \(summary.runs) runs: nothing to train" }
        return """
            trained \(NumberText.count(summary.made, "run")) in \(NumberText.number(summary.seconds, 1)) s; \
            \(NumberText.count(summary.runs, "run")) in \(out), mean test accuracy \
            \(NumberText.percent(summary.testAccuracy)) %
            """
    }

    func json() throws -> String {
        let fields = Fields(
            out: out, runs: summary.runs, made: summary.made, seconds: summary.seconds,
            single_model_mean: summary.testAccuracy)
        return String(decoding: try JSONEncoder.readable.encode(fields), as: UTF8.self)
    }
}
