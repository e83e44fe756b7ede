import ArrayFiles
import EnsembleKernel
import Foundation
import MessagePassing

/// The folder of `predict --out`. Every file appears whole or not at all, and `summary.json` last: where it is, the
/// other files are those that it tells of.
struct ResultsFolder {
    private let path: String
    private let world: Communicator
    private let claim: FolderClaim?

    private var neighbors: String { "\(path)/neighbors.npy" }
    private var similarities: String { "\(path)/similarities.npy" }
    private var predictions: String { "\(path)/predictions.csv" }
    private var summary: String { "\(path)/summary.json" }

    /// Makes the folder and sees that it can be written, before hours are spent on what goes into it.
    ///
    /// Collective: every rank calls it.
    /// - Throws: `AgreedFailure` with exit code 73 on every rank where the folder cannot be written, or another job
    ///   writes into it.
    init(_ path: String, world: Communicator) throws {
        self.path = path
        self.world = world
        claim = try world.agree { world.rank == 0 ? try FolderClaim(path) : nil }
    }

    /// Writes all files; each rank its own rows of the neighbours. Collective: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` with exit code 73 on every rank where a file cannot be written.
    func write(_ prediction: Prediction) throws {
        let k = prediction.summary.neighbors
        let shape = [prediction.summary.ensemble.test, k]
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
                for part in prediction.parts {
                    try neighbors.write(part.lists.indices.span, at: part.rows.lowerBound * k)
                    try similarities.write(part.lists.similarities.span, at: part.rows.lowerBound * k)
                }
                try neighbors.synchronize()
                try similarities.synchronize()
            }
            try world.agree {
                guard let created, let table = prediction.table else { return }
                // An older summary must not stand beside newer neighbours, should what follows be cut short.
                if unlink(summary) != 0, errno != ENOENT {
                    throw ArrayFileError.cannotWrite(summary, String(cString: strerror(errno)))
                }
                try created.0.commit()
                try created.1.commit()
                try AtomicFile.write(table.csv, to: predictions)
                try AtomicFile.write(prediction.summary.json(), to: summary)
            }
        } catch {
            created?.0.discard()
            created?.1.discard()
            throw error
        }
    }
}
