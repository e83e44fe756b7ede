import Ensembles
import MessagePassing

/// The nearest neighbors of examples among others, or among themselves: then without the example itself.
public struct NeighborGraph {
    /// This rank's examples and their neighbors, in ascending order of the examples.
    public let parts: [NeighborLists.OfExamples]
    /// Rows, and examples that the neighbors are of.
    public let shape: [Int]
    /// Neighbors of each row.
    public let k: Int
    /// This rank's time by phase.
    public let seconds: PhaseSeconds

    /// Finds the neighbors. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - k: neighbors of each row.
    ///   - checkpoint: where to keep what is found, and to go on from; nil for nowhere.
    ///   - progress: told the fraction of this rank's products done, now and then.
    /// - Throws: `AgreedFailure` on every rank where the ensemble has no such examples or too few, a logit is not
    ///   finite, or (75) where the job is asked to stop.
    public init(
        of ensemble: Ensemble, pairs: ExamplePairs, k: Int, options: SearchOptions, checkpoint: Checkpoint? = nil,
        world: Communicator, progress: (Double) -> Void
    ) throws {
        let (rows, columns) = try world.agree {
            let (rows, columns) = try ensemble.logits(of: pairs)
            let available = columns.examples - (pairs.isSymmetric ? 1 : 0)
            guard available > 0, 1...available ~= k else {
                throw KernelError.neighborsOutOfRange(k, available: available)
            }
            try ensemble.requireSeveralRuns()
            return (rows, columns)
        }
        let found = try NeighborSearch(
            rows: rows, columns: columns, neighbors: k, leavesOutSelf: pairs.isSymmetric, options: options,
            world: world
        ).run(checkpoint: checkpoint, stage: "neighbors, \(pairs.rawValue)", progress: progress)
        parts = found.parts
        shape = [rows.examples, columns.examples]
        self.k = k
        seconds = found.counters.seconds
    }
}
