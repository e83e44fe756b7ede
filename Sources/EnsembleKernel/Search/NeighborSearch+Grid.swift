import Ensembles
import MessagePassing
import ParallelRanges
import UserMessages

extension NeighborSearch {
    /// A search for neighbors of `rows` among `columns`, on the requested grid or on the fastest one according to the
    /// cost model. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank: (64) of a ``KernelError`` if there are fewer than `neighbors` columns,
    ///   the grid does not fit or the memory is too small; (65) if rows and columns differ in runs or classes;
    ///   `MPIError`.
    public init(
        rows: Logits, columns: Logits, neighbors: Int, leavesOutSelf: Bool = false, options: SearchOptions,
        world: Communicator
    ) throws {
        let available = columns.examples - (leavesOutSelf ? 1 : 0)
        try world.agree {
            guard rows.runs == columns.runs, rows.classes == columns.classes else {
                throw UserError.badData(
                    """
                    the rows have \(rows.runs) runs and \(rows.classes) classes, but the columns \(columns.runs) and \
                    \(columns.classes)
                    """)
            }
            guard available > 0, 1...available ~= neighbors else {
                throw KernelError.neighborsOutOfRange(neighbors, available: available)
            }
        }
        let job =
            leavesOutSelf
            ? JobSize(runs: rows.runs, among: columns.examples, classes: rows.classes, neighbors: neighbors)
            : JobSize(
                runs: rows.runs, test: rows.examples, train: columns.examples, classes: rows.classes,
                neighbors: neighbors)
        let shape = try options.grid ?? Self.cheapestGrid(for: job, options, world: world)
        try world.agree {
            guard shape.size == world.size else { throw KernelError.gridDoesNotFit(shape, ranks: world.size) }
        }
        let budget = MemoryBudget(job, on: shape)
        try world.agree {
            guard options.memory >= budget.least else {
                throw KernelError.memoryTooSmall(
                    available: options.memory, needed: budget.least, purpose: .search)
            }
        }
        self.init(
            test: rows, train: columns, neighbors: neighbors, leavesOutSelf: leavesOutSelf,
            transform: options.transform, screen: options.screen,
            grid: try RankGrid(shape, world: world),
            threads: options.threads, memory: options.memory - budget.fixed)
    }

    /// The predicted seconds of a job on one host from which measuring the machine's rates, which takes an eighth of a
    /// second, may pay off.
    private static let worthMeasuring = 1.0

    private static func cheapestGrid(
        for job: JobSize, _ options: SearchOptions, world: Communicator
    ) throws -> ProcessGrid {
        guard world.size > 1 else { return ProcessGrid(runs: 1, train: 1) }
        let ranksOfHost = try CostModel.ranksOfHost(world)
        func cheapest(_ rates: MachineRates) -> CostModel.Cost {
            CostModel(
                searches: [job], rates: rates, threads: options.threads, memory: options.memory, screen: options.screen,
                ranksOfHost: ranksOfHost
            ).cheapest(ranks: world.size)
        }
        var cost = cheapest(.typical)
        if ranksOfHost != nil || cost.seconds.total > worthMeasuring {
            cost = cheapest(try .measured(options.screen, world: world))
        }
        return cost.grid
    }
}
