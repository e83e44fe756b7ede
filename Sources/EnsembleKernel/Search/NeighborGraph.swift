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

    /// Finds the neighbors. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - k: Number of neighbors of each row.
    ///   - scaling: Number of nearest examples by which the kernel is scaled (``LocalScaling``); nil to leave it as it
    ///     is. It takes further searches: among the columns, and of the rows among the columns.
    ///   - checkpoint: Where to save the neighbors found so far, and to resume from; nil for no checkpoint.
    ///   - progress: Called now and then with the fraction of this rank's products that is done.
    /// - Throws: `AgreedFailure` on every rank if the ensemble has no such examples or too few, the memory is too
    ///   small, a logit is not finite, or (75) the job is asked to stop; `MPIError`.
    public init(
        of ensemble: Ensemble, pairs: ExamplePairs, k: Int, scaling nearest: Int? = nil, options: SearchOptions,
        checkpoint: Checkpoint? = nil, world: Communicator, progress: (Double) -> Void
    ) throws {
        let (rows, columns) = try world.agree {
            let logits = try ensemble.logits(of: pairs)
            try ensemble.requireSeveralRuns()
            try LocalScaling.requireOthers(nearest, among: logits.columns.examples)
            return logits
        }
        // All searches first: what one of them cannot have is said before hours are spent on another.
        func search(_ rows: Logits, k: Int, isSymmetric: Bool) throws -> NeighborSearch {
            try NeighborSearch(
                rows: rows, columns: columns, neighbors: k, leavesOutSelf: isSymmetric, options: options, world: world)
        }
        let ofGraph = try search(rows, k: k, isSymmetric: pairs.isSymmetric)
        guard let nearest else {
            let found = try ofGraph.run(checkpoint: checkpoint, stage: .graph(pairs), progress: progress)
            self.init(found, shape: [rows.examples, columns.examples], k: k)
            return
        }
        let amongColumns = try search(columns, k: nearest, isSymmetric: true)
        let ofRows = pairs.isSymmetric ? nil : try search(rows, k: nearest, isSymmetric: false)
        let products = [columns.examples, pairs.isSymmetric ? 0 : rows.examples, rows.examples].map(Double.init)
        var (done, seconds) = (0.0, PhaseSeconds())
        func run(
            _ search: NeighborSearch, _ stage: CheckpointStage, products own: Double
        ) throws -> NeighborSearch.Result {
            let found = try search.run(checkpoint: checkpoint, stage: stage) {
                progress((done + $0 * own) / products.reduce(0, +))
            }
            done += own
            seconds += found.counters.seconds
            return found
        }
        func means(_ found: NeighborSearch.Result, examples: Int) throws -> [Double] {
            try LocalScaling.means(ofNearest: nearest, in: found.parts, examples: examples, world: world)
        }
        let byColumns = try means(
            run(amongColumns, .nearest(nearest, pairs.columnsAlone), products: products[0]),
            examples: columns.examples)
        let byRows =
            try ofRows.map {
                try means(run($0, .nearest(nearest, pairs), products: products[1]), examples: rows.examples)
            } ?? byColumns
        var found = try run(
            ofGraph.scaled(by: LocalScaling(nearest: nearest, rows: byRows, columns: byColumns)), .localGraph(pairs),
            products: products[2])
        found.counters.seconds = seconds
        self.init(found, shape: [rows.examples, columns.examples], k: k, isLocallyScaled: true)
    }

    /// The graph that a search has found.
    package init(_ found: NeighborSearch.Result, shape: [Int], k: Int, isLocallyScaled: Bool = false) {
        parts = found.parts
        self.shape = shape
        self.k = k
        self.isLocallyScaled = isLocallyScaled
        seconds = found.counters.seconds
    }
}
