import ArrayFiles
import EnsembleKernel
import Ensembles
import KernelPrediction
import MessagePassing
import ParallelRanges

/// Soft targets for training other networks: class probabilities of every example by the ensemble and by the kernel;
/// for training examples, their own labels are not used by the kernel. Unlabeled examples have targets, too.
public struct SoftTargets {
    private let ensemble: Ensemble
    private let neighbors: (test: [NeighborLists.OfExamples], train: [NeighborLists.OfExamples])
    private let threads: Int
    private let world: Communicator

    /// The names of the files.
    public static let fileNames = ["ensemble", "ensemble_train", "kernel", "kernel_train"].map { "targets_\($0).npy" }

    /// The kernel's vote, the same as in `evaluate`.
    private static let vote = EvaluationOptions().vote

    init(
        _ ensemble: Ensemble, test: [NeighborLists.OfExamples], train: [NeighborLists.OfExamples], threads: Int,
        world: Communicator
    ) {
        self.ensemble = ensemble
        neighbors = (test, train)
        self.threads = threads
        self.world = world
    }

    /// Writes the files into a folder, float32 of shape (M, C): `targets_ensemble.npy` and
    /// `targets_ensemble_train.npy`, and, if the labels of the training examples are known, `targets_kernel.npy` and
    /// `targets_kernel_train.npy`. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank if a file cannot be written, or `MPIError`.
    public func write(into folder: String) throws {
        for (logits, name) in [(ensemble.test, ""), (ensemble.train, "_train")] {
            guard let logits else { continue }
            let own = Partition(logits.examples, world.size).range(of: world.rank)
            let means = try world.agree {
                try EnsembleAverage.meanProbabilities(of: logits, examples: own, threads: threads)
            }
            try world.writeTogether(
                "\(folder)/targets_ensemble\(name).npy", .float32, shape: [logits.examples, logits.classes]
            ) { try Self.write(means, to: $0, at: own.lowerBound * logits.classes) }
        }
        guard let trainLabels = ensemble.trainLabels, let classes = ensemble.train?.classes else {
            // Targets of other data must not remain beside the new ones.
            return try world.agree {
                if world.rank == 0 {
                    try AtomicFile.remove(["", "_train"].map { "\(folder)/targets_kernel\($0).npy" })
                }
            }
        }
        for (parts, logits, name) in [
            (neighbors.test, ensemble.test, ""), (neighbors.train, ensemble.train, "_train"),
        ] {
            guard let logits else { continue }
            try world.writeTogether(
                "\(folder)/targets_kernel\(name).npy", .float32, shape: [logits.examples, classes]
            ) { writer in
                for part in parts {
                    let vote = NearestVote(Self.vote.vote, k: min(Self.vote.k, part.lists.k))
                    let votes = part.lists.probabilities(vote, trainLabels: trainLabels, classes: classes)
                    try Self.write(votes, to: writer, at: part.rows.lowerBound * classes)
                }
            }
        }
    }

    private static func write(_ probabilities: [Double], to writer: NPYWriter, at offset: Int) throws {
        let rounded = probabilities.map { Float($0) }
        try rounded.withUnsafeBytes { try writer.write($0, atElement: offset) }
    }
}
