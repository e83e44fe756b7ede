import EnsembleKernel
import Foundation
import Reports

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
            "\(size.runs) runs, \(NumberText.grouped(size.test)) test and \(NumberText.grouped(size.train)) training "
                + "examples, \(size.classes) classes",
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
        let spread = NumberText.percent(accuracy.single_model_std)
        var rows = [
            ("single model (mean of the runs, ± \(spread))", accuracy.single_model_mean),
            ("ensemble, mean of logits", accuracy.ensemble_logits),
            ("ensemble, mean of probabilities", accuracy.ensemble_probabilities),
        ]
        if let majority = accuracy.kernel_majority {
            rows.append(("kernel, \(Vote.majority.name(k: majority.k))", majority.accuracy))
        }
        if let weighted = accuracy.kernel_weighted {
            rows.append(("kernel, \(Vote.weighted(power: weighted.power).name(k: weighted.k))", weighted.accuracy))
        }
        if let selection = summary.selection, let accuracy = selection.accuracy {
            let vote = selection.chosen.vote.name(k: selection.chosen.k)
            rows.append(("kernel, by leave-one-out: \(vote)", accuracy))
        }
        return TextTable(
            ["", "accuracy %", "right of \(NumberText.grouped(summary.ensemble.test))"],
            rows.map { name, fraction in
                let right = Int((fraction * Double(summary.ensemble.test)).rounded())
                return [name, NumberText.percent(fraction), NumberText.grouped(right)]
            }
        ).lines
    }

    private var notes: [String] {
        let constant = summary.zero_variance.test + summary.zero_variance.train
        var notes: [String] = []
        if constant > 0 {
            notes.append(
                "\(NumberText.grouped(constant)) (example, class) outputs are the same in all runs and count as 0")
        }
        let grid = "\(summary.grid.runs)x\(summary.grid.train)"
        notes.append(
            String(
                format: "%.1f s on %d %@ (grid %@)", summary.seconds.total, summary.ranks,
                (summary.ranks == 1 ? "rank" : "ranks") as NSString, grid as NSString))
        if let out { notes.append("neighbours, similarities, predictions and summary.json are in \(out)") }
        return notes
    }
}
