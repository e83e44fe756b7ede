import ArgumentParser
import Ensembles
import MessagePassing

/// The ensemble on which a command works.
struct EnsembleOptionGroup: ParsableArguments {
    @Argument(help: ArgumentHelp("Folders or files of logits.", valueName: "ensemble"))
    var ensembles: [String]

    @Option(help: "Use only the first N runs.")
    var runs: Int?

    @Option(help: "File with the labels of the test examples, instead of those beside the logits.")
    var labels: String?

    @Option(help: "File with the labels of the training examples, instead of those beside the logits.")
    var labelsTrain: String?

    @Option(help: "Data set to take both labels from: fashion-mnist, or a folder with IDX files or CIFAR-10 batches.")
    var dataset: String?

    func validate() throws {
        if dataset != nil, labels != nil || labelsTrain != nil {
            throw ValidationError("--dataset gives both labels: leave out --labels and --labels-train")
        }
    }

    /// The source of the ensemble.
    var source: EnsembleSource {
        EnsembleSource(paths: ensembles, runs: runs, labels: labels, labelsTrain: labelsTrain, dataset: dataset)
    }

    /// Opens the ensemble, which must be the same on all ranks. Collective over `world`: every rank calls it.
    func open(world: Communicator) throws -> Ensemble { try source.open(world: world) }
}
