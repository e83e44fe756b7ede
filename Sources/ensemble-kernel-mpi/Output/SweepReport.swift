import EnsembleEvaluation
import EnsembleKernel
import EnsembleMetrics
import KernelPrediction
import Platform
import Reports
import UserMessages

/// The output of `sweep`.
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
            + "\(NumberText.grouped(size.train)) training examples, \(size.classes) classes; accuracies in %"
        return [[title], byRuns, ofClasses, reliability, notes].filter { !$0.isEmpty }
            .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    private var byRuns: [String] {
        let (majority, weighted) = sweep.publishedVotes
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
            ("ensemble", column(averages, \.window) { $0.ensemble_probabilities }),
        ]
        for transform in sweep.transforms {
            let name = sweep.transforms.count > 1 ? "\(transform.rawValue) " : ""
            columns.append(
                (
                    "\(name)k=\(majority.k)",
                    column(sweep.kernels(transform), \.window) { sweep.accuracy(of: majority, by: $0) }
                ))
        }
        columns.append(
            (
                "k=\(weighted.k) weighted",
                column(sweep.kernels(sweep.transforms[0]), \.window) { sweep.accuracy(of: weighted, by: $0) }
            ))
        if sweep.kernels.contains(where: { $0.local != nil }) {
            let kernels = sweep.kernels(sweep.transforms[0])
            columns.append(("local", column(kernels, \.window) { $0.local?.accuracy ?? 0 }))
            columns.append(("ensemble x local", column(kernels, \.window) { $0.local?.product ?? 0 }))
        }
        columns.append(
            (
                "hubness",
                sweep.byRuns(sweep.kernels(sweep.transforms[0]), \.window) { $0.hubness?.skewness ?? 0 }
                    .map { NumberText.number(Spread(of: $0.values).mean, 2) }
            ))
        return TextTable(
            columns.map(\.heading),
            columns[0].fields.indices.map { row in columns.map { $0.fields[row] } }
        ).lines
    }

    private var ofClasses: [String] {
        let vote = sweep.publishedVotes.majority
        let ofOne = sweep.kernelsOfClassesOfAllRuns.compactMap { kernel in
            kernel.one_class.map { ($0, sweep.accuracy(of: vote, by: kernel)) }
        }
        guard let best = ofOne.max(by: { $0.1 < $1.1 }), let worst = ofOne.min(by: { $0.1 < $1.1 }) else { return [] }
        return [
            "single-class kernels, k=\(vote.k): \(NumberText.percent(worst.1)) (class \(worst.0)) to "
                + "\(NumberText.percent(best.1)) (class \(best.0))"
        ] + (sweep.sweepsClasses ? ofClassesByRuns(vote) : [])
    }

    /// The mean and the standard deviation over the classes, by the number of runs and by transform.
    private func ofClassesByRuns(_ vote: NearestVote) -> [String] {
        let columns = sweep.transforms.map { transform in
            sweep.byRuns(sweep.kernelsOfClasses(transform), \.window) { sweep.accuracy(of: vote, by: $0) }
        }
        let table = TextTable(
            ["runs"] + sweep.transforms.map { "\($0.rawValue) k=\(vote.k)" },
            columns[0].indices.map { row in
                [NumberText.grouped(columns[0][row].runs)]
                    + columns.map { column in
                        let spread = Spread(of: column[row].values)
                        let deviation = spread.std.map { " ±\(NumberText.percent($0))" } ?? ""
                        return NumberText.percent(spread.mean) + deviation
                    }
            }
        ).lines
        return ["single-class kernels by the number of runs, mean ± std over the classes:"] + table
    }

    private var reliability: [String] {
        let reliability = sweep.reliability
        let correlation = NumberText.number(reliability.split_half_correlation, 4)
        return [
            "split-half correlation of similarities: \(correlation) (\(NumberText.grouped(reliability.pairs)) pairs)"
        ]
            + TextTable(
                ["runs", "correlation with as many other runs", "standard error of a similarity"],
                reliability.forecasts.map {
                    [
                        NumberText.grouped($0.runs), NumberText.number($0.reliability, 4),
                        NumberText.number($0.standard_error, 4),
                    ]
                }
            ).lines
    }

    private var notes: [String] {
        func crossing(_ name: String, _ vote: String) -> String {
            guard let runs = sweep.crossings[name] else { return "\(vote): never better than the ensemble" }
            let clearly =
                switch sweep.clear_crossings?[name] {
                case nil: "but never by more than two standard errors"
                case runs: "by more than two standard errors"
                case let runs?: "by more than two standard errors from \(NumberText.grouped(runs)) runs on"
                }
            return "\(vote): better than the ensemble from \(NumberText.grouped(runs)) runs on, \(clearly)"
        }
        var crossings = sweep.transforms.map {
            crossing($0.rawValue, "\($0.rawValue), k=\(sweep.publishedVotes.majority.k)")
        }
        if let local = sweep.kernels.lazy.compactMap(\.local).first {
            crossings.append(crossing(Sweep.local, Vote.local(power: local.power).name(k: local.k)))
        }
        if let pixels = sweep.pixels {
            let local = pixels.kernel_local.map { ", local scaling \(NumberText.percent($0.accuracy))" } ?? ""
            crossings.append(
                "pixels, without networks: k=\(pixels.kernel_majority.k) "
                    + "\(NumberText.percent(pixels.kernel_majority.accuracy))\(local)")
        }
        let hubs =
            "hubness: skewness of how often a training example is among the \(sweep.kernels.first?.hubness?.k ?? 0) "
            + "nearest neighbors; high if there are hubs"
        return crossings + [hubs]
            + (out.map { ["sweep.json, sweep.csv and charts written to \(TerminalText.line($0))"] } ?? [])
    }
}
