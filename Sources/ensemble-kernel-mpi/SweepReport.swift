import EnsembleEvaluation
import EnsembleKernel
import EnsembleMetrics
import Foundation
import Reports

/// What `sweep` prints.
struct SweepReport {
    private let sweep: Sweep
    private let out: String?

    init(_ sweep: Sweep, out: String?) {
        self.sweep = sweep
        self.out = out
    }

    var text: String {
        let size = sweep.ensemble
        let title =
            "\(NumberText.grouped(size.runs)) runs, \(NumberText.grouped(size.test)) test and "
            + "\(NumberText.grouped(size.train)) training examples, \(size.classes) classes; accuracies in percent"
        return [[title], byRuns, ofClasses, reliability, notes].filter { !$0.isEmpty }
            .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var byRuns: [String] {
        let (three, twenty) = (sweep.place(of: 3), sweep.place(of: 20))
        let four = sweep.placeOfFourthPower
        func spread(_ values: [Double]) -> String {
            let spread = Spread(of: values)
            let mean = NumberText.percent(spread.mean)
            return spread.std.map { "\(mean) ±\(NumberText.percent($0))" } ?? "\(mean)       "
        }
        func column<Point>(
            _ points: [Point], _ window: (Point) -> Sweep.Window, _ value: (Point) -> Double
        ) -> [String] { sweep.byRuns(points, window, value).map { spread($0.values) } }
        let averages = sweep.averages
        var columns: [(heading: String, fields: [String])] = [
            ("runs", sweep.byRuns(averages, \.window) { $0.single_model_mean }.map { NumberText.grouped($0.runs) }),
            ("sets", sweep.byRuns(averages, \.window) { $0.single_model_mean }.map { "\($0.values.count)" }),
            ("single run", column(averages, \.window) { $0.single_model_mean }),
            ("average", column(averages, \.window) { $0.ensemble_probabilities }),
        ]
        for transform in sweep.transforms {
            let name = sweep.transforms.count > 1 ? "\(transform.rawValue) " : ""
            columns.append(
                ("\(name)k=\(sweep.k[three])", column(sweep.kernels(transform), \.window) { $0.majority[three] }))
        }
        columns.append(
            (
                "k=\(sweep.k[twenty]) weighted",
                column(sweep.kernels(sweep.transforms[0]), \.window) { $0.weighted[four][twenty] }
            ))
        return TextTable(
            columns.map(\.heading),
            columns[0].fields.indices.map { row in columns.map { $0.fields[row] } }
        ).lines
    }

    private var ofClasses: [String] {
        let ofOne = sweep.kernels.compactMap { kernel in
            kernel.one_class.map { ($0, kernel.majority[sweep.place(of: 3)]) }
        }
        guard let best = ofOne.max(by: { $0.1 < $1.1 }), let worst = ofOne.min(by: { $0.1 < $1.1 }) else { return [] }
        return [
            "kernels of one class, k=\(sweep.k[sweep.place(of: 3)]): \(NumberText.percent(worst.1)) (class \(worst.0)) to "
                + "\(NumberText.percent(best.1)) (class \(best.0))"
        ]
    }

    private var reliability: [String] {
        let reliability = sweep.reliability
        let correlation = NumberText.number(reliability.split_half_correlation, 4)
        return [
            "similarities by two halves of the runs correlate by \(correlation) (\(NumberText.grouped(reliability.pairs)) pairs)"
        ]
            + TextTable(
                ["runs", "correlation with as many others", "standard error of a similarity"],
                reliability.forecasts.map {
                    [
                        NumberText.grouped($0.runs), NumberText.number($0.reliability, 4),
                        NumberText.number($0.standard_error, 4),
                    ]
                }
            ).lines
    }

    private var notes: [String] {
        let crossings = sweep.transforms.map { transform in
            sweep.crossings[transform.rawValue].map {
                "by \(transform.rawValue) the majority of 3 is better than the average from \(NumberText.grouped($0)) runs on"
            } ?? "by \(transform.rawValue) the majority of 3 is nowhere better than the average for good"
        }
        return crossings + (out.map { ["sweep.json, sweep.csv and the pictures are in \($0)"] } ?? [])
    }
}
