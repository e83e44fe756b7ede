import ArrayFiles
import Ensembles
import MessagePassing
import UserMessages

/// The source of an ensemble and its labels.
struct EnsembleSource {
    /// Folders and files of logits.
    var paths: [String]
    /// Number of runs to use, the first ones; nil for all.
    var runs: Int?
    /// Files of labels to use instead of those beside the logits.
    var labels, labelsTrain: String?
    /// A data set from which to take both labels instead; nil for none.
    var dataset: String?

    /// Opens the ensemble, which must be the same on all ranks. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank if it cannot be opened, or if ranks see different files; `MPIError`.
    func open(world: Communicator) throws -> Ensemble {
        let ensemble = try world.agree { try open() }
        try ensemble.requireSame(over: world)
        return ensemble
    }

    private func open() throws -> Ensemble {
        var testLabels = try labels.map { try Self.labels(in: $0, EnsembleLayout.labels) }
        var trainLabels = try labelsTrain.map { try Self.labels(in: $0, EnsembleLayout.labelsTrain) }
        if let dataset {
            let files = try DatasetFiles(dataset)
            testLabels = try files.labels(of: .test)
            trainLabels = try files.labels(of: .train)
        }
        return try Ensemble(opening: paths, runs: runs, testLabels: testLabels, trainLabels: trainLabels)
    }

    /// The labels in the tensor with the given name in a file, or in its only tensor.
    private static func labels(in path: String, _ name: String) throws -> Labels {
        let tensors = try ArrayFile.open(path)
        guard let tensor = tensors.first(where: { $0.name == name }) ?? (tensors.count == 1 ? tensors[0] : nil) else {
            throw UserError.badData("\(path): no tensor named \(name)")
        }
        return try Labels(tensor)
    }
}
