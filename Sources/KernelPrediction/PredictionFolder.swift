import ArrayFiles
import EnsembleKernel
import MessagePassing

/// The folder with the results of a ``Prediction`` or a `NeighborGraph`. Every file appears whole or not at all, and
/// `summary.json` or `graph.npz` last: if it exists, the other files belong to it.
public struct PredictionFolder {
    /// The paths of all files that a prediction or a graph may have in a folder.
    public static func files(in folder: String) -> [String] {
        [neighbors, similarities, predictions, summary, sparse].map { "\(folder)/\($0)" }
    }

    private static let (neighbors, similarities) = ("neighbors.npy", "similarities.npy")
    private static let (predictions, summary, sparse) = ("predictions.csv", "summary.json", "graph.npz")

    private let path: String
    private let world: Communicator
    private let claim: FolderClaim?

    private var neighbors: String { "\(path)/\(Self.neighbors)" }
    private var similarities: String { "\(path)/\(Self.similarities)" }
    private var predictions: String { "\(path)/\(Self.predictions)" }
    private var summary: String { "\(path)/\(Self.summary)" }
    private var sparse: String { "\(path)/\(Self.sparse)" }

    /// Creates the folder and checks that it can be written, before hours are spent on its contents. Collective: every
    /// rank calls it.
    ///
    /// - Throws: `AgreedFailure` (73) on every rank if the folder cannot be written, or another job writes into it;
    ///   `MPIError`.
    public init(_ path: String, world: Communicator) throws {
        self.path = path
        self.world = world
        claim = try world.agree { world.rank == 0 ? try FolderClaim(path) : nil }
    }

    /// Writes all files of a prediction. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (73) on every rank if a file cannot be written, or `MPIError`.
    public func write(_ prediction: Prediction) throws {
        let shape = [prediction.summary.ensemble.test, prediction.summary.neighbors]
        try write(prediction.parts, shape: shape) {
            guard let table = prediction.table else { return }
            try AtomicFile.write(table.csv, to: predictions)
            try AtomicFile.write(prediction.summary.json(), to: summary)
        }
    }

    /// Writes all files of a graph of neighbors. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (73) on every rank if a file cannot be written, or `MPIError`.
    public func write(_ graph: NeighborGraph) throws {
        try write(graph.parts, shape: [graph.shape[0], graph.k]) {
            try SparseDistances.write(
                neighbors: neighbors, similarities: similarities, columns: graph.shape[1],
                largest: graph.isLocallyScaled ? 2 : 1, to: sparse)
        }
    }

    /// Writes neighbors and similarities of shape (rows, k), each rank its own rows, and then rank 0's additional
    /// files.
    private func write(
        _ parts: [NeighborLists.OfExamples], shape: [Int],
        adding others: () throws -> Void
    ) throws {
        let created = try world.agree {
            world.rank == 0
                ? (
                    try NPYWriter(creating: neighbors, elementType: .int64, shape: shape),
                    try NPYWriter(creating: similarities, elementType: .float32, shape: shape)
                ) : nil
        }
        do {
            try world.agree {
                let (neighbors, similarities) =
                    try created
                    ?? (NPYWriter(openingPartial: self.neighbors), NPYWriter(openingPartial: self.similarities))
                for part in parts {
                    try neighbors.write(part.lists.indices.span, at: part.rows.lowerBound * shape[1])
                    try similarities.write(part.lists.similarities.span, at: part.rows.lowerBound * shape[1])
                }
                try neighbors.synchronize()
                try similarities.synchronize()
            }
            try world.agree {
                guard let created else { return }
                // Older files must not remain beside newer neighbors if the job ends here.
                try AtomicFile.remove([summary, predictions, sparse])
                try created.0.commit()
                try created.1.commit()
                try others()
            }
        } catch {
            created?.0.discard()
            created?.1.discard()
            throw error
        }
    }
}
