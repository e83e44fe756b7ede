import EnsembleEvaluation
import EnsembleKernel
import Foundation

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
            "\(TextTable.grouped(size.runs)) runs, \(TextTable.grouped(size.test)) test and "
            + "\(TextTable.grouped(size.train)) training examples, \(size.classes) classes; accuracies in percent"
        return [[title], byRuns, ofClasses, reliability, notes].filter { !$0.isEmpty }
            .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private func kernels(_ transform: Transform) -> [Sweep.Kernel] {
        sweep.kernels.filter { $0.transform == transform && $0.one_class == nil }
    }

    private var transforms: [Transform] { Transform.allCases.filter { !kernels($0).isEmpty } }

    /// The place of so many neighbours, or of the next fewer.
    private func place(of k: Int) -> Int { sweep.k.lastIndex { $0 <= k } ?? 0 }

    private var byRuns: [String] {
        let (three, twenty) = (place(of: 3), place(of: 20))
        let four = sweep.powers.firstIndex(of: 4) ?? 0
        func spread(_ values: [Double]) -> String {
            let mean = values.reduce(0, +) / Double(values.count)
            guard values.count > 1 else { return "\(TextTable.percent(mean))       " }
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return "\(TextTable.percent(mean)) ±\(TextTable.percent((squares / Double(values.count - 1)).squareRoot()))"
        }
        func column<Point>(
            _ points: [Point], _ window: (Point) -> Sweep.Window, _ value: (Point) -> Double
        ) -> [String] { sweep.byRuns(points, window, value).map { spread($0.values) } }
        let averages = sweep.averages
        var columns: [(heading: String, fields: [String])] = [
            ("runs", sweep.byRuns(averages, \.window) { $0.single_model_mean }.map { TextTable.grouped($0.runs) }),
            ("sets", sweep.byRuns(averages, \.window) { $0.single_model_mean }.map { "\($0.values.count)" }),
            ("single run", column(averages, \.window) { $0.single_model_mean }),
            ("average", column(averages, \.window) { $0.ensemble_probabilities }),
        ]
        for transform in transforms {
            let name = transforms.count > 1 ? "\(transform.rawValue) " : ""
            columns.append(
                ("\(name)k=\(sweep.k[three])", column(kernels(transform), \.window) { $0.majority[three] }))
        }
        columns.append(
            (
                "k=\(sweep.k[twenty]) weighted",
                column(kernels(transforms[0]), \.window) { $0.weighted[four][twenty] }
            ))
        return TextTable(
            columns.map(\.heading),
            columns[0].fields.indices.map { row in columns.map { $0.fields[row] } }
        ).lines
    }

    private var ofClasses: [String] {
        let ofOne = sweep.kernels.compactMap { kernel in
            kernel.one_class.map { ($0, kernel.majority[place(of: 3)]) }
        }
        guard let best = ofOne.max(by: { $0.1 < $1.1 }), let worst = ofOne.min(by: { $0.1 < $1.1 }) else { return [] }
        return [
            "kernels of one class, k=\(sweep.k[place(of: 3)]): \(TextTable.percent(worst.1)) (class \(worst.0)) to "
                + "\(TextTable.percent(best.1)) (class \(best.0))"
        ]
    }

    private var reliability: [String] {
        let reliability = sweep.reliability
        let correlation = TextTable.number(reliability.split_half_correlation, 4)
        return [
            "similarities by two halves of the runs correlate by \(correlation) (\(TextTable.grouped(reliability.pairs)) pairs)"
        ]
            + TextTable(
                ["runs", "correlation with as many others", "standard error of a similarity"],
                reliability.forecasts.map {
                    [
                        TextTable.grouped($0.runs), TextTable.number($0.reliability, 4),
                        TextTable.number($0.standard_error, 4),
                    ]
                }
            ).lines
    }

    private var notes: [String] {
        let crossings = transforms.map { transform in
            sweep.crossings[transform.rawValue].map {
                "by \(transform.rawValue) the majority of 3 is better than the average from \(TextTable.grouped($0)) runs on"
            } ?? "by \(transform.rawValue) the majority of 3 is nowhere better than the average for good"
        }
        return crossings + (out.map { ["sweep.json, sweep.csv and the pictures are in \($0)"] } ?? [])
    }
}
