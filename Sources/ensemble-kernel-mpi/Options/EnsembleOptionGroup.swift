import ArgumentParser
import Ensembles
import MessagePassing

/// The ensemble on which a command works.
struct EnsembleOptionGroup: ParsableArguments {
    @Argument(help: ArgumentHelp("Files or folders of logits.", valueName: "ensemble"))
    var ensembles: [String]

    @Option(
        help: ArgumentHelp("Runs to use: the first N, or runs by number, counted from 0.", valueName: "N|0-99,120"))
    var runs: RunSelection?

    @Option(help: ArgumentHelp("Runs to leave out, by number, counted from 0.", valueName: "5,9,12-14"))
    var leaveOut: RunNumbers?

    @Flag(help: "Leave out runs that are copies of earlier ones.")
    var distinct = false

    @OptionGroup var input: InputOptionGroup

    @Option(help: "Data set that provides both labels, and images if the command uses them: \(DatasetHelp.values)")
    var dataset: String?

    func validate() throws {
        if dataset != nil, input.labels != nil || input.labelsTrain != nil {
            throw ValidationError("--dataset gives both labels: leave out --labels and --labels-train")
        }
    }

    /// The source of the ensemble.
    var source: EnsembleSource {
        EnsembleSource(
            paths: ensembles, choice: input.choice, runs: runs, leftOut: leaveOut?.ranges ?? [], distinct: distinct,
            dataset: dataset)
    }

    /// Opens the ensemble, which must be the same on all ranks. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - unnamed: The examples of logits whose name mentions neither set.
    ///   - outputs: The files that the command will write.
    func open(unnamed: ExampleSet = .test, writing outputs: [String], world: Communicator) throws -> Ensemble {
        var source = source
        source.choice.unnamed = unnamed
        return try source.open(writing: outputs, world: world)
    }
}
