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
    /// Whether neighbors and similarities are those of the locally scaled kernel.
    public let isLocallyScaled: Bool
    /// This rank's time by phase.
    public let seconds: PhaseSeconds

    /// The graph of neighbors that were found.
    package init(
        parts: [NeighborLists.OfExamples], shape: [Int], k: Int, isLocallyScaled: Bool, seconds: PhaseSeconds
    ) {
        (self.parts, self.shape, self.k) = (parts, shape, k)
        (self.isLocallyScaled, self.seconds) = (isLocallyScaled, seconds)
    }

    /// Finds the neighbors by a ``NeighborGraphSearch``. Collective over `world`: every rank calls it.
    ///
    /// - Throws: As its initializer and `run` do.
    public init(
        of ensemble: Ensemble, pairs: ExamplePairs, k: Int, scaling nearest: Int? = nil, options: SearchOptions,
        checkpoint: Checkpoint? = nil, world: Communicator, progress: (Double) -> Void
    ) throws {
        self = try NeighborGraphSearch(
            of: ensemble, pairs: pairs, k: k, scaling: nearest, options: options, world: world
        ).run(checkpoint: checkpoint, progress: progress)
    }
}
