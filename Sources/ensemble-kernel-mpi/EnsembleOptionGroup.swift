import ArgumentParser
import ArrayFiles
import EnsembleKernel
import EnsembleTraining
import MessagePassing

/// The ensemble that a command works on.
struct EnsembleOptionGroup: ParsableArguments {
    @Argument(help: ArgumentHelp("Folders or files of logits.", valueName: "ensemble"))
    var ensembles: [String]

    @Option(help: "Use the first so many runs only.")
    var runs: Int?

    @Option(help: "File with the test examples' labels, instead of those beside the logits.")
    var labels: String?

    @Option(help: "File with the training examples' labels, instead of those beside the logits.")
    var labelsTrain: String?

    @Option(help: "Data set to take both labels from: fashion-mnist, or a folder with IDX files or CIFAR-10 batches.")
    var dataset: String?

    func validate() throws {
        if dataset != nil, labels != nil || labelsTrain != nil {
            throw ValidationError("--dataset gives both labels: leave out --labels and --labels-train")
        }
    }

    /// Opens the ensemble, which must be the same on all ranks. Collective over `world`: every rank calls it.
    func open(world: Communicator) throws -> Ensemble {
        let ensemble = try world.agree { try open() }
        try ensemble.requireSame(over: world)
        return ensemble
    }

    private func open() throws -> Ensemble {
        var testLabels = try labels.map { try Self.labels(in: $0, "labels") }
        var trainLabels = try labelsTrain.map { try Self.labels(in: $0, "labels_train") }
        if let dataset {
            let set = try Dataset.load(dataset)
            testLabels = Labels(set.test.labels.map(Int.init), source: "\(dataset): test labels")
            trainLabels = Labels(set.train.labels.map(Int.init), source: "\(dataset): training labels")
        }
        return try Ensemble(opening: ensembles, runs: runs, testLabels: testLabels, trainLabels: trainLabels)
    }

    /// The tensor of that name in a file, or its only tensor.
    private static func labels(in path: String, _ name: String) throws -> Labels {
        let tensors = try ArrayFile.open(path)
        guard let tensor = tensors.first(where: { $0.name == name }) ?? (tensors.count == 1 ? tensors[0] : nil) else {
            throw EnsembleError.badData("\(path): no tensor named \(name)")
        }
        return try Labels(tensor)
    }
}
