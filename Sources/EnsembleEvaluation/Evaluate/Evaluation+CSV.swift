import EnsembleMetrics
import UserMessages

extension Evaluation {
    /// The names of the files of an evaluation: the tables, and the one that is written last.
    private static let fileNames = [
        "evaluation.csv", "classes.csv", "confusions.csv", "error_detection.csv", "risk_by_coverage.csv",
        "out_of_distribution.csv", "calibration.csv", "conformal.csv", "test_sets.csv", "settled.csv", "budgets.csv",
        "cascade.csv",
        "evaluation.json",
    ]

    /// The paths of all files that an evaluation may have in a folder.
    public static func files(in folder: String) -> [String] { fileNames.map { "\(folder)/\($0)" } }

    /// The contents of the files by their names, the last of which is to be written last; nil for those that it does
    /// not have.
    ///
    /// - Throws: `EncodingError`.
    package func contents() throws -> [(name: String, contents: String?)] {
        let contents: [String?] = [
            csv, classCSV, confusionCSV, detectionCSV, riskCSV, out_of_distribution == nil ? nil : outlierCSV,
            calibration == nil ? nil : calibrationCSV, conformal == nil ? nil : conformalCSV,
            test_sets == nil ? nil : testSetCSV, settled == nil ? nil : settledCSV,
            budgets == nil ? nil : budgetCSV, cascade == nil ? nil : cascadeCSV,
            try json(),
        ]
        return Array(zip(Self.fileNames, contents))
    }

    /// The metrics on other test sets, as a table: one line for each set and predictor.
    public var testSetCSV: String {
        let rows = (test_sets ?? []).flatMap { set in
            set.predictors.map { predictor in
                [CSVField.quoted(set.name), "\(set.examples)", "\(set.runs)", predictor.predictor]
                    + Metrics.columns.map { "\(predictor.measures[keyPath: $0.value])" }
            }
        }
        return Self.table(["set", "examples", "runs", "predictor"] + Metrics.columns.map(\.name), rows)
    }

    /// How many runs it takes until the vote for each example is that of all runs, as a table: one line for each.
    public var settledCSV: String {
        let rows = (settled?.examples ?? []).enumerated().map { number, example in
            ["\(number)", "\(example.prediction)", "\(example.votes)", "\(example.runs)"]
        }
        return Self.table(["example", "prediction", "votes", "runs"], rows)
    }

    /// Averages of probabilities of equal training cost, as a table: one line for each budget of the pool (`evaluated`)
    /// and of the deep ensembles to compare with (`against`). A field without a value is empty.
    public var budgetCSV: String {
        let rows = (budgets ?? []).flatMap { budget in
            [("evaluated", budget.ensembles), ("against", budget.against)].compactMap { name, size in
                size.map { [Self.field(budget.epochs), name] + row(name, $0, $0.average_of_probabilities).dropFirst() }
            }
        }
        return Self.table(["budget", "ensemble"] + Self.columns.dropFirst(), rows)
    }

    /// The cascade, as a table: one line for the test examples and each set of outliers, for each share of examples
    /// that is passed on by windows, or by single thresholds. `accepted` is the share of examples accepted;
    /// `passed_1` that of those which the first stage passes on.
    public var cascadeCSV: String {
        guard let result = cascade?.result else { return "" }
        let points =
            result.windows.map { ("window", $0) } + result.singleThreshold.map { ("single_threshold", $0) }
            + [("always", result.always)]
        let sets = out_of_distribution ?? []
        let rows = points.flatMap { name, point in
            func row(
                _ set: String, _ passed: [Double], _ cost: Double, _ accepted: Double, _ risk: Double?
            ) -> [String] {
                [name, "\(point.share)", set, "\(cost)", "\(accepted)", Self.field(risk)] + passed.map { "\($0)" }
            }
            let passed = [point.passed] + (point.laterWindows ?? []).map(\.passed)
            return [row("", passed, point.cost, point.coverage, point.risk)]
                + zip(sets, point.outliers ?? []).map { set, outliers in
                    row(CSVField.quoted(set.name), outliers.passed, outliers.cost, outliers.accepted, outliers.risk)
                }
        }
        let stages = 1...1 + (result.always.laterWindows?.count ?? 0)
        return Self.table(
            ["cascade", "share", "set", "cost", "accepted", "risk"] + stages.map { "passed_\($0)" }, rows)
    }

    /// Calibrated predictors, as a table: one line for each predictor and calibrator.
    public var calibrationCSV: String {
        let rows = (calibration?.results ?? []).map { result in
            [result.predictor, "\(calibration?.runs ?? 0)", result.calibrator.rawValue]
                + CalibratedMetrics.columns.map { "\(result.measures[keyPath: $0.value])" }
        }
        return Self.table(["predictor", "runs", "calibrator"] + CalibratedMetrics.columns.map(\.name), rows)
    }

    /// Conformal sets, as a table: one line for each predictor and method.
    public var conformalCSV: String {
        let rows = (conformal?.sets ?? []).map { sets in
            let result = sets.result
            return [sets.predictor, "\(conformal?.runs ?? 0)", result.method.rawValue]
                + [result.coverage, result.meanSize, result.empty, result.single].map { "\($0)" }
                + [Self.field(result.leastCoverageOfClass)]
        }
        return Self.table(
            ["predictor", "runs", "method", "coverage", "mean_size", "empty", "single", "least_coverage_of_class"], rows
        )
    }

    /// The predictions of each class, as a table.
    public var classCSV: String {
        let names = by_class?.names ?? []
        let rows = (by_class?.metrics ?? []).enumerated().map { c, metrics in
            ["\(c)", names.isEmpty ? "" : CSVField.quoted(names[c])]
                + [metrics.examples, metrics.predicted, metrics.correct].map(String.init)
                + [metrics.recall, metrics.precision, metrics.f1].map(Self.field)
        }
        return Self.table(["class", "name", "examples", "predicted", "correct", "recall", "precision", "f1"], rows)
    }

    /// What is predicted instead of the label, and how often, as a table.
    public var confusionCSV: String {
        let rows = (by_class?.confusions ?? []).map { ["\($0.label)", "\($0.predicted)", "\($0.count)"] }
        return Self.table(["label", "predicted", "count"], rows)
    }

    /// A number, or nothing.
    private static func field(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }

    private static func table(_ names: [String], _ rows: [[String]]) -> String {
        ([names] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    }

    /// How well scores tell other distributions, as a table: one line for each set and score.
    public var outlierCSV: String {
        let sets = out_of_distribution ?? []
        let names = ["set", "examples", "runs", "score"] + (sets.first?.scores.first?.result.fields.map(\.name) ?? [])
        let rows = sets.flatMap { set in
            set.scores.map { score in
                [CSVField.quoted(set.name), "\(set.examples)", "\(set.runs)", score.score.rawValue]
                    + score.result.fields.map { Self.field($0.value) }
            }
        }
        return Self.table(names, rows)
    }

    /// How well scores detect errors, as a table: one line for each score. A field without a value is empty.
    public var detectionCSV: String {
        let all = error_detection ?? []
        let names = ["runs", "score"] + (all.first?.result.fields.map(\.name) ?? [])
        let rows = all.map { detection in
            ["\(detection.runs)", detection.score.rawValue]
                + detection.result.fields.map { Self.field($0.value) }
        }
        return Self.table(names, rows)
    }

    /// Risk by coverage, as a table: one line for each percent, one column for each score.
    public var riskCSV: String {
        let scores = (error_detection ?? []).compactMap { detection in
            detection.risk_by_coverage.map { (score: detection.score, risks: $0) }
        }
        let rows = (0..<100).map { place in
            ["\(Double(place + 1) / 100)"] + scores.map { "\($0.risks[place])" }
        }
        return Self.table(["coverage"] + scores.map(\.score.rawValue), scores.isEmpty ? [] : rows)
    }

    /// The evaluation as a table: one line for each number of runs of each predictor. A field without a value is empty.
    public var csv: String {
        let rows =
            sizes.map { row("average_of_probabilities", $0, $0.average_of_probabilities) }
            + sizes.map { row("average_of_logits", $0, $0.average_of_logits) }
            + (kernel ?? []).map { row("kernel", $0, $0.measures, $0.deep_ensemble_equivalent) }
            + (kernel ?? []).map { row("product", $0, $0.product.measures, $0.product.deep_ensemble_equivalent) }
        return Self.table(Self.columns, rows)
    }

    /// The columns of a line for some ensembles.
    private static let columns =
        ["predictor", "runs", "subsets", "cost_epochs"] + Metrics.columns.flatMap { [$0.name, "\($0.name)_std"] }
        + ["", "_low", "_high"].map { "deep_ensemble_equivalent\($0)" }

    private func row(_ predictor: String, _ size: Size, _ average: Average) -> [String] {
        row(
            predictor, runs: size.runs, subsets: size.subsets, cost: size.cost_epochs, mean: average.mean,
            std: average.std, equivalent: average.deep_ensemble_equivalent)
    }

    private func row(
        _ predictor: String, _ kernel: Kernel, _ measures: Metrics, _ equivalent: DeepEnsembleEquivalent?
    ) -> [String] {
        row(
            predictor, runs: kernel.runs, subsets: 1, cost: kernel.cost_epochs, mean: measures, std: nil,
            equivalent: equivalent)
    }

    private func row(
        _ predictor: String, runs: Int, subsets: Int, cost: Double?, mean: Metrics, std: Metrics?,
        equivalent: DeepEnsembleEquivalent?
    ) -> [String] {
        [predictor, "\(runs)", "\(subsets)", Self.field(cost)]
            + Metrics.columns.flatMap { [Self.field(mean[keyPath: $0.value]), Self.field(std?[keyPath: $0.value])] }
            + [equivalent?.members, equivalent?.low, equivalent?.high].map(Self.field)
    }
}
