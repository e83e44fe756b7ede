import EnsembleEvaluation
import KernelPrediction
import UserMessages

extension AuditPage {
    var headline: Section? {
        guard let accuracy = audit.accuracy else { return nil }
        let selection = audit.selection == nil ? "" : " By leave-one-out: k and vote chosen on the training set."
        let control =
            accuracy.pixels == nil
            ? "" : " Pixels: the same votes by the correlation of two images, without a network."
        let text = """
            Test accuracy, and its difference from the mean of logits ± the standard error of the paired \
            difference.\(selection)\(control)
            """
        return Section(
            id: "accuracy", heading: "Accuracy",
            text: text,
            contents: [
                Self.table(
                    ["", "accuracy %", "vs. mean of logits"],
                    accuracy.rows(audit.selection).map { row in
                        [
                            row.name, NumberText.percent(row.accuracy),
                            row.difference.map { NumberText.difference($0.mean, error: $0.standard_error) } ?? "",
                        ]
                    })
            ])
    }

    var accuracy: Section? {
        guard let sweep = audit.sweep else { return nil }
        let charts = SweepCharts(sweep)
        let forecast = sweep.reliability.forecasts
        let text = """
            Split-half correlation of similarities (1 if two halves of the runs agree about all pairs): \
            \(NumberText.number(sweep.reliability.split_half_correlation, 3)). Standard error of a similarity: \
            \(NumberText.number(forecast[0].standard_error, 3)) with \(NumberText.grouped(forecast[0].runs)) runs, \
            \(NumberText.number(forecast[2].standard_error, 3)) expected with \(NumberText.grouped(forecast[2].runs)).
            """
        return Section(
            id: "runs-and-neighbors", heading: "Accuracy by runs and neighbors", text: text,
            contents: [Self.charts(charts.byRuns.svg, charts.byNeighbors.svg)])
    }

    var calibration: Section? {
        guard let metrics = audit.measures, let bins = audit.calibration else { return nil }
        let rows = [
            ("negative log-likelihood", NumberText.number(metrics.negativeLogLikelihood, 4)),
            ("negative log-likelihood at a fitted temperature", NumberText.number(-metrics.calibratedLogLikelihood, 4)),
            ("temperature", NumberText.number(metrics.temperature, 2)),
            ("Brier score", NumberText.number(metrics.brier, 4)),
            ("expected calibration error, %", NumberText.percent(metrics.expectedCalibrationError)),
        ]
        return Section(
            id: "calibration", heading: "Calibration",
            text: """
                Accuracy of the averaged probabilities by their confidence, with 95 % intervals, and the number of \
                predictions. Below the dashed diagonal they are overconfident, above it underconfident. Points of \
                fewer than \(ReliabilityDiagram.enoughPredictions) predictions are pale.
                """,
            contents: [
                Self.charts(ReliabilityDiagram(bins).svg),
                Self.table(["average of probabilities", ""], rows.map { [$0.0, $0.1] }),
            ])
    }

    var runs: Section? {
        guard let right = audit.right_of_run, let byRight = audit.examples_by_right_runs else { return nil }
        let test = Double(audit.ensemble.labeledTest)
        let accuracies = right.map { 100 * Double($0) / test }
        let (least, largest) = (accuracies.min() ?? 0, accuracies.max() ?? 0)
        let bins = min(30, max(1, Set(right).count))
        let width = max(largest - least, 0.01) / Double(bins)
        var counts = [Int](repeating: 0, count: bins)
        for accuracy in accuracies { counts[min(bins - 1, Int((accuracy - least) / width))] += 1 }
        let ofRuns = BarChart(
            title: "Accuracy of single runs", xLabel: "test accuracy, %", yLabel: "runs",
            bars: counts.enumerated().map { (x: least + (Double($0) + 0.5) * width, count: $1) })
        let groups = min(20, byRight.count)
        let shares = (0..<groups).map { group in
            byRight[group * byRight.count / groups..<(group + 1) * byRight.count / groups].reduce(0, +)
        }
        let ofExamples = BarChart(
            title: "Test examples by the share of correct runs", xLabel: "correct runs, %",
            yLabel: "test examples",
            bars: shares.enumerated().map { (x: 100 * (Double($0) + 0.5) / Double(groups), count: $1) })
        let text = """
            \(NumberText.grouped(byRight[byRight.count - 1])) test examples are predicted correctly by all runs and \
            \(NumberText.grouped(byRight[0])) by none. The runs differ on the other \
            \(NumberText.grouped(audit.ensemble.labeledTest - byRight[0] - byRight[byRight.count - 1])).
            """
        return Section(
            id: "ensemble", heading: "The runs", text: text,
            contents: [Self.charts(ofRuns.svg, ofExamples.svg)])
    }
}
