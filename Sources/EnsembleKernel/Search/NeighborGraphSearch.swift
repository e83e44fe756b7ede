import Ensembles
import MessagePassing

/// The search for a graph of neighbors, and the searches that its scaling takes.
public struct NeighborGraphSearch {
    private let pairs: ExamplePairs
    private let k: Int
    private let shape: [Int]
    private let world: Communicator
    private let search: NeighborSearch
    /// For local scaling: how many are nearest, and the searches for them.
    private let scaling: (nearest: Int, ofColumns: NeighborSearch, ofRows: NeighborSearch?)?

    /// The search for neighbors. Collective over `world`: every rank calls it. What one of its searches cannot have is
    /// said here, before hours are spent on another.
    ///
    /// - Parameters:
    ///   - k: Number of neighbors of each row.
    ///   - nearest: Number of nearest examples by which the kernel is scaled (``LocalScaling``); nil to leave it as it
    ///     is. It takes further searches: among the columns, and of the rows among the columns.
    /// - Throws: `AgreedFailure` on every rank if the ensemble has no such examples or too few, or the memory is too
    ///   small; `MPIError`.
    public init(
        of ensemble: Ensemble, pairs: ExamplePairs, k: Int, scaling nearest: Int? = nil, options: SearchOptions,
        world: Communicator
    ) throws {
        let (rows, columns) = try world.agree {
            let logits = try ensemble.logits(of: pairs)
            try ensemble.requireSeveralRuns()
            try LocalScaling.requireOthers(nearest, among: logits.columns.examples)
            return logits
        }
        func search(_ rows: Logits, k: Int, isSymmetric: Bool) throws -> NeighborSearch {
            try NeighborSearch(
                rows: rows, columns: columns, neighbors: k, leavesOutSelf: isSymmetric, options: options, world: world)
        }
        (self.pairs, self.k, shape, self.world) = (pairs, k, [rows.examples, columns.examples], world)
        self.search = try search(rows, k: k, isSymmetric: pairs.isSymmetric)
        scaling = try nearest.map {
            (
                $0, try search(columns, k: $0, isSymmetric: true),
                pairs.isSymmetric ? nil : try search(rows, k: $0, isSymmetric: false)
            )
        }
    }

    /// Finds the neighbors. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - checkpoint: Where to save the neighbors found so far, and to resume from; nil for no checkpoint.
    ///   - progress: Called now and then with the fraction of this rank's products that is done.
    /// - Throws: As ``NeighborSearch/run(checkpoint:stage:progress:)`` does.
    public func run(checkpoint: Checkpoint? = nil, progress: (Double) -> Void) throws -> NeighborGraph {
        var searches = SearchSequence([scaling?.ofColumns, scaling?.ofRows, search])
        func run(_ search: NeighborSearch, _ stage: CheckpointStage) throws -> [NeighborLists.OfExamples] {
            try searches.run(search, stage, checkpoint: checkpoint, progress: progress).parts
        }
        let parts: [NeighborLists.OfExamples]
        if let (nearest, ofColumns, ofRows) = scaling {
            let columns = try run(ofColumns, .nearest(nearest, pairs.columnsAlone))
            let rows = try ofRows.map { try run($0, .nearest(nearest, pairs)) }
            let scaling = try LocalScaling(ofNearest: nearest, rows: rows, columns: columns, world: world)
            parts = try run(search.scaled(by: scaling), .localGraph(pairs))
        } else {
            parts = try run(search, .graph(pairs))
        }
        return NeighborGraph(
            parts: parts, shape: shape, k: k, isLocallyScaled: scaling != nil, seconds: searches.counters.seconds)
    }
}
