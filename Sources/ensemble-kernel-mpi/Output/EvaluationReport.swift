import EnsembleEvaluation
import EnsembleMetrics
import Platform
import Reports
import UserMessages

/// The output of `evaluate`.
struct EvaluationReport {
    private let evaluation: Evaluation
    private let out: String?

    init(_ evaluation: Evaluation, out: String?) {
        self.evaluation = evaluation
        self.out = out
    }

    var text: String {
        let pool = evaluation.ensemble
        let method = pool.methods.isEmpty ? "" : " (\(pool.methods.joined(separator: ", ")))"
        let title =
            "\(NumberText.count(pool.runs, "run"))\(method) in \(NumberText.count(pool.chains, "chain")), "
            + "\(NumberText.count(pool.test, "test example")), \(pool.classes) classes"
        let sections = [
            [title], quality, testSets, classes, detection, outliers, calibration, conformal, diversity, variance,
            settled, budgets, cascade, notes,
        ].filter { !$0.isEmpty }
        return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
    }

    /// The number of classes beyond which the error of five guesses is printed, too.
    private static let classesWithTopFive = 20

    private var quality: [String] {
        let hasCost = evaluation.sizes.contains { $0.cost_epochs != nil }
        let hasEquivalent = evaluation.against != nil
        let hasTopFive = evaluation.ensemble.classes > Self.classesWithTopFive
        let headings =
            ["", "runs", "subsets"] + (hasCost ? ["epochs"] : []) + ["error %", "±"]
            + (hasTopFive ? ["top-5 error %"] : []) + ["NLL", "Brier", "ECE %", "temperature", "calibrated NLL", "±"]
            + (hasEquivalent ? ["deep members"] : [])
        func row(
            _ name: String, _ runs: Int, _ subsets: Int, _ cost: Double?, _ mean: Metrics, _ std: Metrics?,
            _ equivalent: DeepEnsembleEquivalent?
        ) -> [String] {
            [name, NumberText.grouped(runs), "\(subsets)"]
                + (hasCost ? [cost.map { NumberText.number($0, 0) } ?? ""] : [])
                + [NumberText.percent(mean.error), std.map { NumberText.percent($0.error) } ?? ""]
                + (hasTopFive ? [NumberText.percent(mean.topFiveError)] : [])
                + [
                    NumberText.number(mean.negativeLogLikelihood, 4), NumberText.number(mean.brier, 4),
                    NumberText.percent(mean.expectedCalibrationError), NumberText.number(mean.temperature, 2),
                    NumberText.number(-mean.calibratedLogLikelihood, 4),
                    std.map { NumberText.number($0.calibratedLogLikelihood, 4) } ?? "",
                ] + (hasEquivalent ? [equivalent?.description ?? ""] : [])
        }
        func rows(_ name: String, _ average: (Evaluation.Size) -> Evaluation.Average) -> [[String]] {
            evaluation.sizes.enumerated().map { place, size in
                let average = average(size)
                return row(
                    place == 0 ? name : "", size.runs, size.subsets, size.cost_epochs, average.mean, average.std,
                    average.deep_ensemble_equivalent)
            }
        }
        let kernels = evaluation.kernel ?? []
        let kernel = evaluation.scaling == nil ? "kernel" : "local kernel"
        func rows(
            _ name: String, _ measured: (Evaluation.Kernel) -> (Metrics, DeepEnsembleEquivalent?)
        ) -> [[String]] {
            kernels.enumerated().map { place, kernel in
                let (measures, equivalent) = measured(kernel)
                return row(
                    place == 0 ? name : "", kernel.runs, 1, kernel.cost_epochs, measures, nil, equivalent)
            }
        }
        let votes = kernels.first.map { "\(kernel), \($0.vote.k) nearest" } ?? ""
        return TextTable(
            headings,
            rows("average of probabilities", \.average_of_probabilities)
                + rows("average of logits", \.average_of_logits)
                + rows(votes) { ($0.measures, $0.deep_ensemble_equivalent) }
                + rows("probabilities x \(kernel)") { ($0.product.measures, $0.product.deep_ensemble_equivalent) }
        ).lines
    }

    private var testSets: [String] {
        guard let sets = evaluation.test_sets else { return [] }
        let hasTopFive = evaluation.ensemble.classes > Self.classesWithTopFive
        return TextTable(
            ["test set", "examples", "by", "error %"] + (hasTopFive ? ["top-5 error %"] : [])
                + ["NLL", "Brier", "ECE %", "temperature", "calibrated NLL"],
            sets.flatMap { set in
                let examples = [TerminalText.line(set.name), NumberText.grouped(set.examples)]
                let single = [
                    examples + ["1 run", NumberText.percent(set.single_model_error)]
                        + Array(repeating: "", count: hasTopFive ? 6 : 5)
                ]
                return single
                    + set.predictors.map { predictor in
                        let mean = predictor.measures
                        return ["", "", predictor.predictor.replacing("_", with: " "), NumberText.percent(mean.error)]
                            + (hasTopFive ? [NumberText.percent(mean.topFiveError)] : [])
                            + [
                                NumberText.number(mean.negativeLogLikelihood, 4), NumberText.number(mean.brier, 4),
                                NumberText.percent(mean.expectedCalibrationError),
                                NumberText.number(mean.temperature, 2),
                                NumberText.number(-mean.calibratedLogLikelihood, 4),
                            ]
                    }
            }
        ).lines
    }

    /// The most classes that are listed.
    private static let classesShown = 10

    private var classes: [String] {
        guard let found = evaluation.by_class else { return [] }
        let all = found.metrics.enumerated().filter { $1.f1 != nil }
        let isShort = all.count <= Self.classesShown
        let shown =
            isShort
            ? all
            : Array(
                all.sorted { ($0.element.f1 ?? 0, $0.offset) < ($1.element.f1 ?? 0, $1.offset) }
                    .prefix(Self.classesShown))
        func name(_ c: Int) -> String { found.names.isEmpty ? "\(c)" : found.names[c] }
        return TextTable(
            [
                (isShort ? "classes" : "the \(Self.classesShown) classes with the lowest F1")
                    + ", average of \(NumberText.count(found.runs, "run"))",
                "examples", "recall %", "precision %", "F1 %", "most often predicted instead",
            ],
            shown.map { c, metrics in
                [name(c), NumberText.grouped(metrics.examples)]
                    + [metrics.recall, metrics.precision, metrics.f1].map { $0.map(NumberText.percent) ?? "" } + [
                        found.confusions.first { $0.label == c }
                            .map { "\(name($0.predicted)) (\(NumberText.grouped($0.count)))" } ?? ""
                    ]
            }
        ).lines
    }

    private var detection: [String] {
        guard let all = evaluation.error_detection, let runs = all.first?.runs else { return [] }
        return TextTable(
            [
                "errors of the average of \(NumberText.count(runs, "run")), by", "AUROC %", "±", "AUPR %", "AURC %",
                "excess AURC %", "coverage % at 5 % risk", "risk % at 80 % coverage",
            ],
            all.map { detection in
                [detection.score.words]
                    + detection.result.fields.map { $0.value.map(NumberText.percent) ?? "" }
            }
        ).lines
    }

    private var outliers: [String] {
        guard let sets = evaluation.out_of_distribution else { return [] }
        return TextTable(
            ["other distributions", "examples", "by", "AUROC %", "±", "AUPR %", "FPR % at 95 % recall"],
            sets.flatMap { set in
                set.scores.enumerated().map { place, score in
                    [
                        place == 0 ? TerminalText.line(set.name) : "",
                        place == 0 ? NumberText.grouped(set.examples) : "",
                        score.score.words,
                    ] + score.result.fields.map { $0.value.map(NumberText.percent) ?? "" }
                }
            }
        ).lines
    }

    private var calibration: [String] {
        guard let found = evaluation.calibration else { return [] }
        return TextTable(
            [
                "calibrated on other examples, \(NumberText.count(found.runs, "run"))", "by", "error %", "NLL", "Brier",
                "ECE %", "adaptive ECE %", "classwise ECE %",
            ],
            Self.named(found.results.map(\.predictor)) { place in
                let (result, measures) = (found.results[place], found.results[place].measures)
                return [
                    result.calibrator.rawValue, NumberText.percent(measures.error),
                    NumberText.number(measures.negativeLogLikelihood, 4), NumberText.number(measures.brier, 4),
                    NumberText.percent(measures.expectedCalibrationError),
                    NumberText.percent(measures.adaptiveCalibrationError),
                    NumberText.percent(measures.classwiseCalibrationError),
                ]
            }
        ).lines
    }

    /// Rows that begin with the name of a predictor in words, which is not repeated from one row to the next.
    private static func named(_ predictors: [String], _ cells: (_ place: Int) -> [String]) -> [[String]] {
        predictors.enumerated().map { place, predictor in
            let isRepeated = place > 0 && predictors[place - 1] == predictor
            return [isRepeated ? "" : predictor.replacing("_", with: " ")] + cells(place)
        }
    }

    private var conformal: [String] {
        guard let found = evaluation.conformal else { return [] }
        let target = NumberText.percent(1 - found.error)
        return TextTable(
            [
                "conformal sets, target \(target) %, \(NumberText.count(found.runs, "run"))", "by",
                "coverage %", "mean size", "empty %", "single %", "least covered class %",
            ],
            Self.named(found.sets.map(\.predictor)) { place in
                let result = found.sets[place].result
                return [
                    result.method.rawValue.uppercased(), NumberText.percent(result.coverage),
                    NumberText.number(result.meanSize, 3), NumberText.percent(result.empty),
                    NumberText.percent(result.single), result.leastCoverageOfClass.map(NumberText.percent) ?? "",
                ]
            }
        ).lines
    }

    private var diversity: [String] {
        TextTable(
            [
                "diversity", "runs", "disagreement %", "member NLL", "gap, probabilities", "gap, logits",
                "member Brier", "gap", "correct without members %", "wrong against them %",
            ],
            evaluation.sizes.filter { $0.runs > 1 }.map { size in
                let mean = size.diversity.mean
                return [
                    "", NumberText.grouped(size.runs), mean.pairwiseDisagreement.map(NumberText.percent) ?? "",
                    NumberText.number(mean.meanMemberNLL, 4), NumberText.number(mean.gapOfProbabilities, 4),
                    NumberText.number(mean.gapOfLogits, 4), NumberText.number(mean.meanMemberBrier, 4),
                    NumberText.number(mean.gapOfBrier, 4),
                ] + [mean.correctWithoutMembers, mean.wrongAgainstMembers].map { $0.map(NumberText.percent) ?? "" }
            }
        ).lines
    }

    private var variance: [String] {
        let variance = evaluation.run_variance
        func deviation(_ variance: Double) -> String {
            variance < 0 ? "none" : "\(NumberText.percent(variance.squareRoot())) %"
        }
        var lines = ["accuracy of a run: \(NumberText.percent(variance.meanAccuracy)) %"]
        if let total = variance.variance, let independent = variance.independentVariance {
            lines[0] +=
                " ± \(deviation(total)) (std over runs); \(deviation(independent)) if errors were independent"
            if let distributionwise = variance.distributionwiseVariance {
                lines.append("std of the accuracy on the whole distribution: \(deviation(distributionwise))")
            }
        }
        if let error = evaluation.label_free_error {
            lines.append(
                """
                two runs disagree on \(NumberText.percent(error)) % of the examples, an estimate of the error of a run \
                without labels (the error is \(NumberText.percent(1 - variance.meanAccuracy)) %)
                """)
        }
        if evaluation.ensemble.chains < evaluation.ensemble.runs {
            lines.append("runs of the same chain are not independent: independent runs differ more")
        }
        return lines
    }

    private var settled: [String] {
        guard let found = evaluation.settled else { return [] }
        return TextTable(
            ["vote of some of \(NumberText.count(found.runs, "run"))", "as that of all %", "settled %"],
            found.sizes.map { size in
                [
                    NumberText.count(size.runs, "run"), NumberText.percent(size.agreement),
                    NumberText.percent(size.settled),
                ]
            }
        ).lines + [
            """
            settled: as that of all with a probability of \(NumberText.percent(1 - found.error)) % or more; the last \
            example is with \(NumberText.count(found.most, "run"))
            """
        ]
    }

    private var budgets: [String] {
        guard let budgets = evaluation.budgets else { return [] }
        func name(_ pool: Evaluation.Pool) -> String { pool.methods.joined(separator: ", ") }
        let names = [name(evaluation.ensemble), evaluation.against.map { "\(name($0.pool)) (--against)" } ?? ""]
        let rows = budgets.flatMap { budget in
            let found = [budget.ensembles] + (evaluation.against == nil ? [] : [budget.against])
            return found.enumerated().map { place, size in
                let title = [place == 0 ? NumberText.number(budget.epochs, 0) : "", names[place]]
                guard let size, let cost = size.cost_epochs else {
                    return title + ["0"] + Array(repeating: "", count: 6)
                }
                let (mean, std) = (size.average_of_probabilities.mean, size.average_of_probabilities.std)
                return title + [
                    NumberText.grouped(size.runs), NumberText.number(cost, 0), NumberText.percent(mean.error),
                    std.map { NumberText.percent($0.error) } ?? "", NumberText.number(mean.negativeLogLikelihood, 4),
                    NumberText.number(-mean.calibratedLogLikelihood, 4),
                    std.map { NumberText.number($0.calibratedLogLikelihood, 4) } ?? "",
                ]
            }
        }
        return TextTable(
            ["budget", "average of probabilities", "runs", "epochs", "error %", "±", "NLL", "calibrated NLL", "±"], rows
        ).lines
    }

    private var cascade: [String] {
        guard let cascade = evaluation.cascade else { return [] }
        let result = cascade.result
        let sets = result.always.outliers == nil ? [] : evaluation.out_of_distribution ?? []
        let sizes = cascade.stages?.map(\.runs) ?? [1, cascade.runs]
        // Four digits of small costs, too, such as seconds.
        let all = result.always.cost
        let decimals = all > 0 ? min(12, max(2, 3 - Int(log10(all).rounded(.down)))) : 2
        let deferred = sizes.count == 2 ? ["deferred %"] : sizes.dropFirst().map { "to \($0) runs %" }
        func row(_ name: String, _ point: WindowCascade.Point) -> [String] {
            let passed = [point.passed] + (point.laterWindows ?? []).map(\.passed)
            return [name, NumberText.number(point.cost, decimals)] + passed.map(NumberText.percent)
                + [NumberText.percent(point.coverage), point.risk.map(NumberText.percent) ?? ""]
                + (point.outliers ?? []).flatMap {
                    [NumberText.percent($0.accepted), NumberText.number($0.cost, decimals)]
                }
        }
        func rows(_ name: String, _ points: [WindowCascade.Point]) -> [[String]] {
            points.enumerated().map { row($0 == 0 ? name : "", $1) }
        }
        let stages = sizes.dropLast().map(String.init).joined(separator: ", ") + " and \(cascade.runs) runs"
        let score = cascade.score.flatMap { $0 == .confidence ? nil : ", by \($0.words)" } ?? ""
        let target =
            result.coverage.map { ", chosen for a coverage of \(NumberText.percent($0)) %" }
            ?? result.targetRisk.map { ", chosen for a risk of \(NumberText.percent($0)) %" } ?? ""
        return TextTable(
            ["cascade, \(stages)\(score)\(target)", "cost"] + deferred + ["coverage %", "risk %"]
                + sets.flatMap { ["accepted % of \(TerminalText.line($0.name))", "cost"] },
            [row(sizes[0] == 1 ? "run \(cascade.first) alone" : "\(sizes[0]) runs alone", result.windows[0])]
                + rows("window", Array(result.windows.dropFirst()))
                + rows("single threshold", Array(result.singleThreshold.dropFirst()))
                + [row("always the ensemble", result.always)]
        ).lines
    }

    private var notes: [String] {
        var notes: [String] = []
        if let against = evaluation.against {
            notes.append(
                """
                deep members: size of the deep ensemble with the same calibrated NLL, out of \
                \(NumberText.grouped(against.pool.runs)) runs
                """)
        }
        if let out {
            notes.append("evaluation.json, tables (.csv) and charts (.svg) written to \(TerminalText.line(out))")
        }
        return notes
    }
}
