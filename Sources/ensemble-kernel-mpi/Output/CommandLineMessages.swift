import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import EnsembleTraining
import KernelPrediction
import MessagePassing
import Platform
import UserMessages

/// Messages for errors of the libraries in terms of the command line: the wrong option, and what to type instead.
enum CommandLineMessages {
    /// One line for an error of a command.
    static func words(for error: any Error, command: String) -> String {
        switch error {
        case let error as EnsembleError: words(for: error)
        case let error as KernelError: words(for: error, command: command)
        case let error as PredictionError: words(for: error)
        case let error as EvaluationError: words(for: error)
        case let error as TrainingOptionError: error.description(naming: { "--" + $0.replacing(" ", with: "-") })
        case let failure as AgreedFailure:
            // What another rank threw has come as a description, unless it can be told from one rank to another.
            (failure.cause ?? failure.cause(as: EnsembleError.self)).map { words(for: $0, command: command) }
                ?? failure.description + advice(after: failure, command: command)
        case let error as any ExitCoded: error.description + advice(after: error, command: command)
        default: String(describing: error)
        }
    }

    /// What to type after an error of some kind, where that helps.
    private static func advice(after error: any ExitCoded, command: String) -> String {
        switch error.exitCode {
        case .stopped where ["demo", "train"].contains(command): "; run the same command again to continue"
        case .stopped: "; run again with --resume to continue"
        case .system where error.description.hasPrefix("watchdog:"): "; --watchdog off disables the watchdog"
        default: ""
        }
    }

    /// One line for a remark about an ensemble.
    static func words(for remark: EnsembleRemark) -> String {
        switch remark {
        case .equalRuns(let equal):
            let named = equal.prefix(5).map { pair in
                pair.path == pair.earlierPath
                    ? "\(pair.run) of \(pair.earlier)"
                    : "\(pair.run) (\(pair.path)) of \(pair.earlier) (\(pair.earlierPath))"
            }
            let more = equal.count > named.count ? ", and \(equal.count - named.count) more" : ""
            let (copies, them) =
                equal.count == 1
                ? ("1 run is a copy of an earlier one", "it")
                : ("\(equal.count) runs are copies of earlier ones", "them")
            return "\(copies) (\(named.joined(separator: ", "))\(more)); --distinct leaves \(them) out"
        case .runsDisagree(let set, let agreement, let chance):
            return """
                the runs agree on \(percent(agreement)) of the \(set.adjective) examples, no more than by chance \
                (\(percent(chance))), although each is confident: were the examples shuffled differently in each run \
                (shuffle=True)?
                """
        case .manyMoreRunsThanExamples(let runs, let examples):
            return """
                \(NumberText.grouped(runs)) runs, but only \(NumberText.grouped(examples)) examples: are the \
                axes in the order (runs, examples, classes)?
                """
        case .labelsOfMaskedClasses(let count):
            return """
                \(NumberText.count(count, "test label")) \(count == 1 ? "is" : "are") of a class that is -inf: each \
                adds 708 to a sum of negative log-likelihoods
                """
        case .oneClass(let set, let number):
            return "all labels of the \(set.adjective) examples are \(number): is this the right array?"
        }
    }

    private static func percent(_ share: Double) -> String { "\(NumberText.number(100 * share, 0))%" }

    /// One line for a remark about the folder of a checkpoint.
    static func words(for remark: Checkpoint.Remark) -> String {
        switch remark {
        case .beginsAnew(let folder):
            "\(folder) held an unfinished job, which is discarded; --resume would have continued it"
        case .damaged(let description): "\(description); that part is computed again"
        case .damagedTiles(let damaged, let saved, let path):
            "\(path): \(damagedShare(damaged, of: saved, "finished tile")), and computed again"
        case .uncheckedTiles(let count, let path):
            """
            \(path): \(NumberText.count(count, "tile")) of an earlier version \(count == 1 ? "has" : "have") no \
            checksum, and \(count == 1 ? "is" : "are") done again
            """
        }
    }

    /// One line for a remark about a training.
    static func words(for remark: TrainingRemark) -> String {
        switch remark {
        case .damagedRuns(let damaged, let finished, let folder):
            "\(folder): \(damagedShare(damaged, of: finished, "finished run")), and trained again"
        }
    }

    private static func damagedShare(_ damaged: Int, of all: Int, _ thing: String) -> String {
        "\(NumberText.grouped(damaged)) of \(NumberText.count(all, thing)) \(damaged == 1 ? "is" : "are") damaged"
    }

    /// One line that says how many examples are unlabeled; nil if there are none.
    static func wordsForUnlabeled(of ensemble: Ensemble) -> String? {
        guard let unlabeled = ensemble.unlabeled else { return nil }
        let counts = [(unlabeled.test, ensemble.test, ExampleSet.test), (unlabeled.train, ensemble.train, .train)]
            .filter { $0.0 > 0 }
            .map { count, logits, set in
                let (count, all) = (NumberText.grouped(count), NumberText.grouped(logits?.examples ?? count))
                return "\(count) of \(all) \(set.adjective) examples"
            }
        return """
            unlabeled (negative labels): \(counts.joined(separator: ", ")); they neither vote nor count in accuracies
            """
    }

    /// One line that says that there are too few runs for a kernel that can be relied on; nil if there are enough.
    static func wordsForFewRuns(_ runs: Int) -> String? {
        guard runs < EnsembleSize.enoughRuns else { return nil }
        return """
            \(NumberText.count(runs, "run")): with fewer than \(EnsembleSize.enoughRuns) similarities are noisy, and \
            averaging is better
            """
    }

    /// How to give the labels that are missing.
    static func waysToLabels(of set: ExampleSet) -> String {
        let (option, file) = set == .test ? ("--labels", "labels.npy") : ("--labels-train", "labels_train.npy")
        return "give --dataset or \(option), or put \(file) beside the logits"
    }

    private static func words(for error: EnsembleError) -> String {
        switch error {
        case .runsOutOfRange(let runs, let available): "--runs \(runs): the ensemble has \(available) runs"
        case .noSuchRun(let run, let isLeftOut, let available):
            "\(isLeftOut ? "--leave-out" : "--runs") \(run): the ensemble's runs are numbered 0 to \(available - 1)"
        case .noRunsLeft: "--leave-out: no runs are left"
        case .runsNotFinite(let runs) where runs.runs.count == runs.available: runs.description
        case .runsNotFinite(let runs):
            """
            \(runs.description): --leave-out \(typed(Set(runs.runs + runs.leftOut).sorted())) leaves \
            \(runs.runs.count == 1 ? "it" : "them") out
            """
        case .infiniteInOneRun(let place, let run, let other):
            """
            \(place) is -inf in run \(run) but not in run \(other): log-probabilities that underflowed are read with \
            --inputs log-probabilities
            """
        case .probabilitiesForLogits(_, inAllRuns: true):
            "\(error.description): --inputs probabilities takes their logarithms"
        case .probabilitiesForLogits: "\(error.description): give one kind at a time, or --leave-out those runs"
        case .noProbability(_, _, let inputs):
            "\(error.description): leave out --inputs \(inputs.rawValue) for logits"
        case .missingLabels(let set, let source, let purpose):
            """
            \(source): no labels for the \(set.adjective) examples, which \(purpose) needs: \(waysToLabels(of: set))
            """
        case .missingImages:
            """
            \(error.description): give --dataset, or put images.npy and images_train.npy, bytes (M, H, W) or \
            (M, H, W, 3), beside the logits
            """
        case .missingLogits(let set, _, _):
            """
            \(error.description): give their file or folder, too, or their name in the files by \
            \(set == .test ? "--logits" : "--logits-train")
            """
        case .noLogits(_, _, _, let contents) where contents.isEmpty: error.description
        case .noLogits: error.description + "; choose them with --logits NAME and --logits-train NAME"
        case .severalLogits(let set, _, _):
            error.description + "; choose one with \(set == .test ? "--logits" : "--logits-train") NAME"
        case .severalKindsOfFiles: error.description + "; choose with --files 'PATTERN', where '*' takes all"
        case .runLacks(let set, _, _):
            error.description
                + "; choose with \(set == .test ? "--logits" : "--logits-train") NAME or --files 'PATTERN'"
        case .fileLacksLogits:
            error.description + "; move it away, or choose the files with --files 'PATTERN'"
        case .partOfRun: error.description + "; --files '*' reads each as a run"
        case .noLabelsCalled(_, let set, _):
            error.description + ": \(set == .test ? "--labels" : "--labels-train") takes a file or one of these names"
        }
    }

    /// The numbers as they are typed, those that follow one another as a range: "5,9,12-14".
    private static func typed(_ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { range in
            range.count > 2
                ? "\(range.lowerBound)-\(range.upperBound)" : range.map(String.init).joined(separator: ",")
        }.joined(separator: ",")
    }

    private static func words(for error: KernelError, command: String) -> String {
        switch error {
        case .memoryTooSmall(let available, let needed, let purpose):
            "--memory \(ByteCount(available)): a rank needs at least \(ByteCount(needed)) for \(purpose.rawValue)"
        case .gridDoesNotFit(let grid, let ranks): "--grid \(grid) needs \(grid.size) ranks, there are \(ranks)"
        case .classOutOfRange(let number, let classes): "--class \(number): the classes are 0 to \(classes - 1)"
        case .neighborsOutOfRange(let k, let available): "--k \(k): must be between 1 and the \(available) others"
        case .scalingOutOfRange(_, 0): "--scaling local: needs at least 2 training examples"
        case .scalingOutOfRange(let nearest, let available):
            "--scaling-k \(nearest): must be between 1 and the \(available) others"
        case .otherJob(let folder, let property, let saved, let wanted):
            """
            \(folder) holds a job with \(words(for: property, command: command))\(values(property, saved, wanted)): \
            leave out --resume to start over
            """
        case .otherFormat:
            "\(error.description): leave out --resume to start over, or finish with the version that saved it"
        }
    }

    /// The name of the differing property in terms of the command's options.
    private static func words(for property: JobProperty, command: String) -> String {
        switch property {
        case .transform: "another --transform"
        case .neighbors where command == "kernel": "another --k"
        case .neighbors where command == "predict": "another --k-max or --weighted-k"
        case .scaling: "another --scaling-k"
        case .runs: "another number of runs"
        default: "other \(property.noun)"
        }
    }

    private static func values(_ property: JobProperty, _ saved: String?, _ wanted: String?) -> String {
        // Fingerprints of logits are meaningless to users.
        guard property != .rowLogits, property != .columnLogits, let saved, let wanted else { return "" }
        return ", \(saved) instead of \(wanted)"
    }

    private static func words(for error: PredictionError) -> String {
        func option(_ role: PredictionError.Role) -> String {
            switch role {
            case .majority: "--k"
            case .weighted: "--weighted-k"
            case .kept: "--k-max"
            }
        }
        return switch error {
        case .neighborsOutOfRange(let role, let k, let training):
            "\(option(role)) \(k): must be between 1 and the \(training) training examples"
        case .fewerKeptThanVote(let kept): "--k-max \(kept): must not be smaller than --k, --weighted-k or --scaling-k"
        }
    }

    private static func words(for error: EvaluationError) -> String {
        switch error {
        case .sizeOutOfRange(let size, let least, let most, let pool):
            "--sizes \(size): must be between \(least) and the \(most) runs of \(pool)"
        case .costsUnknown(let pool):
            "--budgets: the training costs of \(pool) are not known: ensemble.json must have cost_epochs of every run"
        case .classOutOfRange(let number, let classes): "--classes \(number): the classes are 0 to \(classes - 1)"
        case .cascadeOutOfRange(let runs, let available, let pool):
            available < 2
                ? "--cascade: \(pool) has 1 run, but a cascade takes at least 2"
                : "--cascade-runs \(runs): must be at most the \(available) runs of \(pool)"
        case .cascadeScoreOfOneRun(let score):
            "--cascade-score \(score): one run has none; let the first stage have more, such as --cascade-runs 2,4"
        case .cascadeScoreNotMeasured(let score, let pool):
            "--cascade-score \(score): \(pool) has no logits of several classes; use confidence or entropy"
        case .selectionOutOfRange(let size, let available, let pool):
            "--size \(size): must be between 1 and the \(available) runs of \(pool)"
        case .duplicateRankOutOfRange(let rank, let test): "--duplicates \(rank): there are \(test) test examples"
        case .wrongNumberOfClassNames(let names, let classes):
            "--class-names: \(names) name\(names == 1 ? "" : "s"), but there are \(classes) classes"
        }
    }
}
