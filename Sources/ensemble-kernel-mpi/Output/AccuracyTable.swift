import EnsembleKernel
import EnsembleMetrics
import KernelPrediction
import Platform
import Reports
import UserMessages

/// The comparison printed by `predict` and the demo: single model, ensemble, kernel.
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
            lines.append(
                "accuracies not shown: there are no test labels: \(CommandLineMessages.waysToLabels(of: .test))")
        }
        lines += [""] + notes
        return lines.joined(separator: "\n")
    }

    private func rows(_ accuracy: Summary.Accuracy) -> [String] {
        TextTable(
            [
                "", "accuracy %", "correct (of \(NumberText.grouped(summary.ensemble.labeledTest)))",
                "vs. mean of logits",
            ],
            accuracy.rows(summary.selection).map { row in
                let correct = Int((row.accuracy * Double(summary.ensemble.labeledTest)).rounded())
                return [
                    row.name, NumberText.percent(row.accuracy), NumberText.grouped(correct),
                    row.difference.map { NumberText.difference($0.mean, error: $0.standard_error) } ?? "",
                ]
            }
        ).lines
    }

    private var notes: [String] {
        let constant = summary.zero_variance
        var notes = [CommandLineMessages.wordsForFewRuns(summary.ensemble.runs)].compactMap(\.self)
        if constant.test + constant.train > 0 {
            let (outputs, examples) = (
                NumberText.grouped(constant.test + constant.train),
                NumberText.grouped(constant.test_examples + constant.train_examples)
            )
            // float64 holds no probability near 1, and no square of one near 0, that log-probabilities tell apart.
            let advice = summary.transform == .softmax ? "; --transform log-softmax may tell them apart" : ""
            notes.append(
                "\(outputs) outputs (example, class) of \(examples) \(examples == "1" ? "example" : "examples") are "
                    + "constant over the runs and contribute 0\(advice)")
        }
        let grid = "\(summary.grid.runs)x\(summary.grid.train)"
        let ranks = NumberText.count(summary.ranks, "rank")
        notes.append("\(NumberText.number(summary.seconds.total, 1)) s on \(ranks) (grid \(grid))")
        if let out {
            notes.append("results written to \(TerminalText.line(out))")
        }
        return notes
    }
}
