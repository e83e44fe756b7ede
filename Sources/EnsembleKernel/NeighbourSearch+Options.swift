import MessagePassing

extension NeighbourSearch {
    /// The search for neighbours of `rows` among `columns`, on the grid that is asked for or that a cost model finds
    /// fastest. Collective over `world`: every rank calls it.
    ///
    /// - Throws: ``AgreedFailure`` on every rank where the grid or the memory does not do.
    package init(
        rows: Logits, columns: Logits, neighbours: Int, options: PredictionOptions, world: Communicator
    ) throws {
        let job = JobSize(
            runs: rows.runs, test: rows.examples, train: columns.examples, classes: rows.classes, neighbours: neighbours
        )
        let shape = try options.grid ?? Self.cheapestGrid(for: job, options, world: world)
        try world.agree {
            guard shape.size == world.size else {
                throw EnsembleError.usage("--grid \(shape) needs \(shape.size) ranks, there are \(world.size)")
            }
        }
        let budget = MemoryBudget(job, on: shape)
        try world.agree {
            guard options.memory >= budget.least else {
                throw EnsembleError.usage(
                    "--memory \(ByteCount(options.memory)): a rank needs at least \(ByteCount(budget.least)) for this job"
                )
            }
        }
        self.init(
            test: rows, train: columns, transform: options.transform, neighbours: neighbours, screen: options.screen,
            grid: try RankGrid(shape, world: world), threads: options.threads, memory: options.memory - budget.fixed)
    }

    /// Seconds of a job on one host from which on it may gain by the rates of its machine what measuring them takes, an
    /// eighth of a second.
    private static let worthMeasuring = 1.0

    private static func cheapestGrid(
        for job: JobSize, _ options: PredictionOptions, world: Communicator
    ) throws -> ProcessGrid {
        guard world.size > 1 else { return ProcessGrid(runs: 1, train: 1) }
        let ranksOfHost = try CostModel.ranksOfHost(world)
        func cheapest(_ rates: MachineRates) -> CostModel.Cost {
            CostModel(
                job: job, rates: rates, threads: options.threads, memory: options.memory, screen: options.screen,
                ranksOfHost: ranksOfHost
            ).cheapest(ranks: world.size)
        }
        var cost = cheapest(.typical)
        if ranksOfHost != nil || cost.seconds.total > worthMeasuring {
            cost = cheapest(try .measured(options.screen, world: world))
        }
        return ProcessGrid(runs: cost.grid.runs, train: cost.grid.train)
    }
}
