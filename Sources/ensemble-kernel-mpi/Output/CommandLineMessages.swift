import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import EnsembleTraining
import Foundation
import KernelPrediction
import MessagePassing
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
            // What another rank threw has come as a description.
            failure.cause.map { words(for: $0, command: command) }
                ?? failure.description + advice(after: failure.exitCode, command: command)
        case let error as any ExitCoded: error.description + advice(after: error.exitCode, command: command)
        default: String(describing: error)
        }
    }

    /// What to type after an error of some kind, where that helps.
    private static func advice(after exitCode: ExitCode, command: String) -> String {
        switch exitCode {
        case .stopped where command == "demo": "; the same command goes on from the runs that are there"
        case .stopped: "; run again with --resume to go on"
        case .system: "; --watchdog off goes without"
        default: ""
        }
    }

    /// One line for a remark about the folder of a checkpoint.
    static func words(for remark: Checkpoint.Remark) -> String {
        switch remark {
        case .beginsAnew(let folder):
            "\(folder) held an unfinished job, which begins anew: --resume would have gone on"
        case .damaged(let description): "\(description): what it held is done again"
        }
    }

    private static func words(for error: EnsembleError) -> String {
        switch error {
        case .runsOutOfRange(let runs, let available): "--runs \(runs): the ensemble has \(available) runs"
        case .missingLabels(let set, let source, let purpose):
            """
            \(source): no labels of the \(set.adjective) examples, which \(purpose) needs: give --dataset or \
            \(set == .test ? "--labels" : "--labels-train"), or put labels\(set == .test ? "" : "_train").npy beside \
            the logits
            """
        }
    }

    private static func words(for error: KernelError, command: String) -> String {
        switch error {
        case .memoryTooSmall(let available, let needed, let purpose):
            "--memory \(ByteCount(available)): a rank needs at least \(ByteCount(needed)) for \(purpose.rawValue)"
        case .gridDoesNotFit(let grid, let ranks): "--grid \(grid) needs \(grid.size) ranks, there are \(ranks)"
        case .classOutOfRange(let number, let classes): "--class \(number): the classes are 0 to \(classes - 1)"
        case .neighborsOutOfRange(let k, let available): "--k \(k): must be between 1 and the \(available) others"
        case .otherJob(let folder, let property, let saved, let wanted):
            """
            \(folder) holds a job with \(words(for: property, command: command))\(values(property, saved, wanted)): \
            leave out --resume to begin anew
            """
        case .otherFormat:
            "\(error.description): leave out --resume to begin anew, or finish with the version that saved it"
        }
    }

    /// The name of the differing property in terms of the command's options.
    private static func words(for property: JobProperty, command: String) -> String {
        switch property {
        case .transform: "another --transform"
        case .neighbors where command == "kernel": "another --k"
        case .neighbors where command == "predict": "another --k-max"
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
        case .fewerKeptThanVote(let kept): "--k-max \(kept): keeps fewer neighbors than vote"
        }
    }

    private static func words(for error: EvaluationError) -> String {
        switch error {
        case .sizeOutOfRange(let size, let least, let most, let pool):
            "--sizes \(size): must be between \(least) and the \(most) runs of \(pool)"
        case .classOutOfRange(let number, let classes): "--classes \(number): the classes are 0 to \(classes - 1)"
        case .cascadeOutOfRange: error.description
        case .duplicateRankOutOfRange(let rank, let test): "--duplicates \(rank): there are \(test) test examples"
        }
    }
}
