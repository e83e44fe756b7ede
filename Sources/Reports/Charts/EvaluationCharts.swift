import ArrayFiles
import EnsembleEvaluation
import EnsembleMetrics
import UserMessages

/// The charts of an evaluation.
public struct EvaluationCharts {
    private let evaluation: Evaluation

    /// The charts of `evaluation`.
    public init(_ evaluation: Evaluation) { self.evaluation = evaluation }

    private static let fileNames = [
        "error-by-runs.svg", "likelihood-by-runs.svg", "deep-members-by-runs.svg", "risk-by-coverage.svg",
        "reliability.svg", "settled.svg", "cascade.svg",
    ]

    /// Every chart as SVG with the name of its file; nil for those for which something was not measured.
    var files: [(name: String, svg: String?)] {
        let charts = [
            byRuns.svg, likelihood.svg, evaluation.against.map { deepMembers($0).svg }, riskByCoverage?.svg,
            reliability?.svg, evaluation.settled.map { settled($0).svg }, evaluation.cascade.map { cascade($0).svg },
        ]
        return Array(zip(Self.fileNames, charts))
    }

    /// The paths of all files that an evaluation and its charts may have in a folder.
    public static func files(in folder: String) -> [String] {
        fileNames.map { "\(folder)/\($0)" } + Evaluation.files(in: folder)
    }

    /// Writes the charts, the tables and then `evaluation.json` into a folder, and removes those of an earlier
    /// evaluation that this one does not have.
    ///
    /// - Throws: `ArrayFileError` (73) if a file cannot be written; `EncodingError`.
    public func write(into folder: String) throws {
        let all = files.map { (name: $0.name, contents: $0.svg) } + (try evaluation.contents())
        let written = all.compactMap { file in
            file.contents.map { (path: "\(folder)/\(file.name)", contents: $0) }
        }
        try AtomicFile.write(Array(written.dropLast()), then: written[written.count - 1])
        try AtomicFile.remove(all.filter { $0.contents == nil }.map { "\(folder)/\($0.name)" })
    }

    private var kernelName: String { evaluation.scaling == nil ? "kernel" : "local kernel" }

    /// A line for each predictor by the number of runs.
    private func lines(
        ofAverage average: (Evaluation.Average) -> (mean: Double, deviation: Double?)?,
        ofKernel: (_ runs: Int, Metrics, DeepEnsembleEquivalent?) -> Double?
    ) -> [LineChart.Line] {
        func line(_ name: String, _ ofSize: (Evaluation.Size) -> Evaluation.Average) -> LineChart.Line {
            LineChart.Line(
                name,
                evaluation.sizes.compactMap { size in
                    average(ofSize(size)).map {
                        LineChart.Point(x: Double(size.runs), mean: $0.mean, deviation: $0.deviation)
                    }
                })
        }
        func line(_ name: String, _ measured: (Evaluation.Kernel) -> Double?) -> LineChart.Line {
            LineChart.Line(
                name,
                (evaluation.kernel ?? []).compactMap { kernel in
                    measured(kernel).map { LineChart.Point(x: Double(kernel.runs), mean: $0, deviation: nil) }
                })
        }
        return [
            line("average of probabilities", \.average_of_probabilities),
            line("average of logits", \.average_of_logits),
            line(kernelName) { ofKernel($0.runs, $0.measures, $0.deep_ensemble_equivalent) },
            line("probabilities x \(kernelName)") {
                ofKernel($0.runs, $0.product.measures, $0.product.deep_ensemble_equivalent)
            },
        ]
    }

    /// A value of the kernel that is worse than that of any average by more than this factor is not shown, but for that
    /// of the most runs: kernels of few runs would make all other lines flat.
    private static let worst = 1.1

    private func most(_ value: (Metrics) -> Double) -> Double {
        let averages = evaluation.sizes.flatMap { [$0.average_of_probabilities, $0.average_of_logits] }
        return Self.worst * (averages.map { value($0.mean) }.max() ?? 0)
    }

    /// A metric, the smaller the better, of every predictor; it may have the opposite sign of the one measured.
    private func lines(of value: @escaping (Metrics) -> Double) -> [LineChart.Line] {
        let most = most(value)
        let largest = evaluation.kernel?.map(\.runs).max()
        return lines(
            ofAverage: { (value($0.mean), $0.std.map { abs(value($0)) }) },
            ofKernel: { runs, metrics, _ in
                value(metrics) <= most || runs == largest ? value(metrics) : nil
            })
    }

    private var byRuns: LineChart {
        LineChart(
            title: "Error by the number of runs", x: "runs", y: "test error, %", isLogarithmic: true,
            lines { 100 * $0.error })
    }

    private var likelihood: LineChart {
        let points = evaluation.against?.curve.points ?? []
        let sizes = EvaluationOptions.usualSizes(points.last?.members ?? 1)
        let deep = points.filter { sizes.contains($0.members) }.map {
            LineChart.Point(x: Double($0.members), mean: -$0.mean, deviation: $0.std)
        }
        return LineChart(
            title: "Calibrated NLL by the number of runs", x: "runs", y: "calibrated NLL", isLogarithmic: true,
            lines { -$0.calibratedLogLikelihood } + [LineChart.Line("deep ensembles (--against)", deep)])
    }

    private func deepMembers(_ deep: Evaluation.Against) -> LineChart {
        let largest = deep.curve.points.last?.members ?? 0
        // What is better than the largest deep ensemble has no equivalent.
        func members(_ equivalent: DeepEnsembleEquivalent?) -> Double? {
            equivalent.map { $0.members ?? Double(largest) }
        }
        return LineChart(
            title: "Deep-ensemble equivalent, at most \(largest)", x: "runs", y: "members", isLogarithmic: true,
            lines(
                ofAverage: { average in members(average.deep_ensemble_equivalent).map { ($0, nil) } },
                ofKernel: { _, _, equivalent in members(equivalent) }))
    }

    /// The scores in the chart: more than these lines could not be told apart.
    private var scores: [CertaintyScore] {
        [
            .confidence, .entropy, .mutualInformation, .energy,
            evaluation.scaling == nil ? .similarity : .scaledSimilarity, .vote,
        ]
    }

    private var riskByCoverage: LineChart? {
        guard let all = evaluation.error_detection, let runs = all.first?.runs else { return nil }
        return LineChart(
            title: "Error of the most certain predictions, \(NumberText.count(runs, "run"))",
            x: "predictions accepted, %",
            y: "error of these, %",
            scores.compactMap { score in
                guard let risks = all.first(where: { $0.score == score })?.risk_by_coverage else { return nil }
                return LineChart.Line(
                    score.words,
                    risks.enumerated().map { LineChart.Point(x: Double($0 + 1), mean: 100 * $1, deviation: nil) },
                    hasDots: false)
            })
    }

    private func settled(_ settled: Evaluation.Settled) -> LineChart {
        func line(_ name: String, _ value: KeyPath<Evaluation.Settled.Size, Double>) -> LineChart.Line {
            LineChart.Line(
                name,
                settled.sizes.map {
                    LineChart.Point(x: Double($0.runs), mean: 100 * $0[keyPath: value], deviation: nil)
                })
        }
        return LineChart(
            title: "Votes that are those of all \(NumberText.count(settled.runs, "run"))", x: "runs", y: "examples, %",
            isLogarithmic: true,
            [
                line("the same vote", \.agreement),
                line("the same with \(NumberText.percent(1 - settled.error)) %", \.settled),
            ])
    }

    /// What is to be improved by the cost: the risk at the coverage, or the coverage at the risk.
    private func cascade(_ cascade: Evaluation.Cascade) -> LineChart {
        let result = cascade.result
        func line(_ name: String, _ points: [WindowCascade.Point]) -> LineChart.Line {
            let measured = points.compactMap { point in
                (result.coverage == nil ? point.coverage : point.risk).map {
                    LineChart.Point(x: point.cost, mean: 100 * $0, deviation: nil)
                }
            }
            return LineChart.Line(name, measured.sorted { $0.x < $1.x })
        }
        let sizes = (cascade.stages?.map(\.runs) ?? [1, cascade.runs]).map(String.init)
        let stages = sizes.dropLast().joined(separator: ", ") + " and " + sizes[sizes.count - 1]
        return LineChart(
            title: "Cascade of \(stages) runs", x: "cost per example",
            y: result.targetRisk.map { "coverage for a risk of \(NumberText.percent($0)) %, %" }
                ?? "risk for a coverage of \(NumberText.percent(result.coverage ?? 1)) %, %",
            [
                line("window", result.windows + [result.always]),
                line("single threshold", result.singleThreshold + [result.always]),
            ])
    }

    private var reliability: ReliabilityDiagram? {
        evaluation.reliability.map {
            ReliabilityDiagram(
                $0.bins, title: "Reliability of the average of \(NumberText.count($0.runs, "run"))")
        }
    }
}
