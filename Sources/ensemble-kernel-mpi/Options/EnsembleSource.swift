import ArrayFiles
import Ensembles
import MessagePassing
import UserMessages

/// Where an ensemble and its labels are read from.
struct EnsembleSource {
    /// Folders and files of logits.
    var paths: [String]
    /// Only the first runs; all where nil.
    var runs: Int?
    /// Files of labels, instead of those beside the logits.
    var labels, labelsTrain: String?
    /// A data set that both labels are taken from instead.
    var dataset: String?

    /// Opens the ensemble, which must be the same on all ranks. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` where it cannot be opened, or ranks see different files.
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

    /// The tensor of that name in a file, or its only tensor.
    private static func labels(in path: String, _ name: String) throws -> Labels {
        let tensors = try ArrayFile.open(path)
        guard let tensor = tensors.first(where: { $0.name == name }) ?? (tensors.count == 1 ? tensors[0] : nil) else {
            throw UserError.badData("\(path): no tensor named \(name)")
        }
        return try Labels(tensor)
    }
}
