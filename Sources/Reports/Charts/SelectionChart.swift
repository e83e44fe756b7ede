import ArrayFiles
import EnsembleEvaluation
import UserMessages

/// Quality against diversity of the ensembles that were chosen, and the files of a selection.
///
/// The negative log-likelihood of an ensemble is the mean of its members' minus the gap by which averaging improves it:
/// ensembles on a line of slope 1 are equally good. Source: Abe et al., "Pathologies of predictive diversity in deep
/// ensembles", 2023.
public struct SelectionChart {
    private let selection: Selection

    /// The chart of `selection`.
    public init(_ selection: Selection) { self.selection = selection }

    /// The chart as SVG, relative to the average of all runs on the same half: a dot for each half on which an ensemble
    /// was measured.
    public var svg: String {
        guard let ofAll = selection.choices.first(where: { $0.method == .all })?.halves else { return "" }
        let runs = NumberText.count(selection.ensemble.runs, "run")
        let lines = selection.choices.filter { $0.method != .bayes }.map { choice in
            LineChart.Line(
                choice.method == .all ? "all \(runs)" : choice.method.rawValue,
                zip(choice.halves, ofAll).map {
                    LineChart.Point(
                        x: 1000 * ($0.mean_member_nll - $1.mean_member_nll), mean: 1000 * ($0.gap - $1.gap),
                        deviation: nil)
                }, isConnected: false)
        }
        let xs = lines.flatMap(\.points).map(\.x)
        let equal = [xs.min() ?? 0, xs.max() ?? 0].map { LineChart.Point(x: $0, mean: $0, deviation: nil) }
        return LineChart(
            title: "Quality and diversity of ensembles of \(NumberText.count(selection.size, "run"))",
            x: "1000 x mean NLL of the members, less that of all \(runs)",
            y: "1000 x gain by averaging, less that of all",
            lines + [LineChart.Line("as good as all \(runs)", equal, hasDots: false)]
        ).svg
    }

    private static let fileNames = ["quality-diversity.svg", "selection.csv", "weights.csv", "selection.json"]

    /// The paths of all files of a selection in a folder.
    public static func files(in folder: String) -> [String] { fileNames.map { "\(folder)/\($0)" } }

    /// Writes the chart, the tables and then `selection.json` into a folder.
    ///
    /// - Throws: `ArrayFileError` (73) if a file cannot be written; `EncodingError`.
    public func write(into folder: String) throws {
        let contents = [svg, selection.csv, selection.weightsCSV, try selection.json()]
        let files = zip(Self.files(in: folder), contents).map { (path: $0, contents: $1) }
        try AtomicFile.write(Array(files.dropLast()), then: files[files.count - 1])
    }
}
