import ArrayFiles
import EnsembleMetrics

extension Evaluation {
    /// The paths of the files of an evaluation in a folder: the tables, and the one that is written last.
    public static func files(in folder: String) -> [String] {
        ["evaluation.csv", "error_detection.csv", "evaluation.json"].map { "\(folder)/\($0)" }
    }

    /// Writes the tables and then `evaluation.json` into a folder.
    ///
    /// - Throws: `ArrayFileError` (73) if a file cannot be written.
    public func write(into folder: String) throws {
        let files = Self.files(in: folder)
        try AtomicFile.write([(files[0], csv), (files[1], detectionCSV)], then: (files[2], try json()))
    }

    /// How well scores detect errors, as a table: one line for each score. A field without a value is empty.
    public var detectionCSV: String {
        let all = error_detection ?? []
        let names = ["runs", "score"] + (all.first?.result.fields.map(\.name) ?? [])
        let rows = all.map { detection in
            ["\(detection.runs)", detection.score.rawValue]
                + detection.result.fields.map { $0.value.map { "\($0)" } ?? "" }
        }
        return ([names] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    }

    /// The evaluation as a table: one line for each number of runs of each predictor. A field without a value is empty.
    public var csv: String {
        let measures = Metrics.columns.flatMap { [$0.name, "\($0.name)_std"] }
        let equivalents = ["", "_low", "_high"].map { "deep_ensemble_equivalent\($0)" }
        let names = ["predictor", "runs", "subsets", "cost_epochs"] + measures + equivalents
        let rows =
            sizes.map { row("average_of_probabilities", $0, $0.average_of_probabilities) }
            + sizes.map { row("average_of_logits", $0, $0.average_of_logits) }
            + (kernel ?? []).map { row("kernel", $0, $0.measures, $0.deep_ensemble_equivalent) }
            + (kernel ?? []).map { row("product", $0, $0.product.measures, $0.product.deep_ensemble_equivalent) }
        return ([names] + rows).map { $0.joined(separator: ",") + "\n" }.joined()
    }

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
        func field(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
        return [predictor, "\(runs)", "\(subsets)", field(cost)]
            + Metrics.columns.flatMap { [field(mean[keyPath: $0.value]), field(std?[keyPath: $0.value])] }
            + [equivalent?.members, equivalent?.low, equivalent?.high].map(field)
    }
}
