import EnsembleKernel
import Foundation

/// The comparison that `predict` and the demo print: single model, ensemble, kernel.
struct AccuracyTable {
    private let summary: Summary
    private let out: String?

    init(_ summary: Summary, out: String?) {
        self.summary = summary
        self.out = out
    }

    var text: String {
        let size = summary.ensemble
        var lines = [
            "\(size.runs) runs, \(Self.grouped(size.test)) test and \(Self.grouped(size.train)) training examples, "
                + "\(size.classes) classes",
            "",
        ]
        if let accuracy = summary.accuracy {
            lines += rows(accuracy)
        } else {
            lines.append("no labels of the test examples: no accuracies")
        }
        lines += [""] + notes
        return lines.joined(separator: "\n")
    }

    private func rows(_ accuracy: Summary.Accuracy) -> [String] {
        let spread = Self.percent(accuracy.single_model_std)
        var rows = [
            ("single model (mean of the runs, ± \(spread))", accuracy.single_model_mean),
            ("ensemble, mean of logits", accuracy.ensemble_logits),
            ("ensemble, mean of probabilities", accuracy.ensemble_probabilities),
        ]
        if let majority = accuracy.kernel_majority {
            rows.append(("kernel, majority of the \(majority.k) nearest", majority.accuracy))
        }
        if let weighted = accuracy.kernel_weighted {
            let power = weighted.power.formatted(.number.locale(Locale(identifier: "en_US_POSIX")))
            rows.append(("kernel, \(weighted.k) nearest weighted by similarity^\(power)", weighted.accuracy))
        }
        let width = rows.map(\.0.count).max() ?? 0
        let heading = "right of \(Self.grouped(summary.ensemble.test))"
        let title = String(repeating: " ", count: width) + "  accuracy %  \(heading)"
        return [title]
            + rows.map { name, fraction in
                let right = Self.grouped(Int((fraction * Double(summary.ensemble.test)).rounded()))
                return name.padding(toLength: width, withPad: " ", startingAt: 0)
                    + Self.rightAligned(Self.percent(fraction), 12) + Self.rightAligned(right, heading.count + 2)
            }
    }

    private var notes: [String] {
        let constant = summary.zero_variance.test + summary.zero_variance.train
        var notes: [String] = []
        if constant > 0 {
            notes.append("\(Self.grouped(constant)) (example, class) outputs are the same in all runs and count as 0")
        }
        let grid = "\(summary.grid.runs)x\(summary.grid.train)"
        notes.append(
            String(
                format: "%.1f s on %d %@ (grid %@)", summary.seconds.total, summary.ranks,
                (summary.ranks == 1 ? "rank" : "ranks") as NSString, grid as NSString))
        if let out { notes.append("neighbours, similarities, predictions and summary.json are in \(out)") }
        return notes
    }

    private static func percent(_ fraction: Double) -> String { String(format: "%.2f", 100 * fraction) }

    private static func rightAligned(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// 10000 as "10,000".
    private static func grouped(_ number: Int) -> String {
        number.formatted(.number.locale(Locale(identifier: "en_US")))
    }
}
