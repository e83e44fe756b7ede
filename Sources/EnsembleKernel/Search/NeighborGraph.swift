import Ensembles
import MessagePassing

/// The nearest neighbors of examples among others, or among themselves, without the example itself.
public struct NeighborGraph {
    /// This rank's examples and their neighbors, in ascending order of the examples.
    public let parts: [NeighborLists.OfExamples]
    /// Number of rows, and of the examples among which neighbors are sought.
    public let shape: [Int]
    /// Number of neighbors of each row.
    public let k: Int
    /// This rank's time by phase.
    public let seconds: PhaseSeconds

    /// Finds the neighbors. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - k: Number of neighbors of each row.
    ///   - checkpoint: Where to save the neighbors found so far, and to resume from; nil for no checkpoint.
    ///   - progress: Called now and then with the fraction of this rank's products that is done.
    /// - Throws: `AgreedFailure` on every rank if the ensemble has no such examples or too few, the memory is too
    ///   small, a logit is not finite, or (75) the job is asked to stop; `MPIError`.
    public init(
        of ensemble: Ensemble, pairs: ExamplePairs, k: Int, options: SearchOptions, checkpoint: Checkpoint? = nil,
        world: Communicator, progress: (Double) -> Void
    ) throws {
        let (rows, columns) = try world.agree {
            let logits = try ensemble.logits(of: pairs)
            try ensemble.requireSeveralRuns()
            return logits
        }
        let found = try NeighborSearch(
            rows: rows, columns: columns, neighbors: k, leavesOutSelf: pairs.isSymmetric, options: options,
            world: world
        ).run(checkpoint: checkpoint, stage: .graph(pairs), progress: progress)
        parts = found.parts
        shape = [rows.examples, columns.examples]
        self.k = k
        seconds = found.counters.seconds
    }
}
