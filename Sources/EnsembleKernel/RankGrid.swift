import MessagePassing

/// This rank's place in the process grid, and the communicators of its row and column.
public struct RankGrid {
    /// How many ranks share the runs, and how many the train examples.
    public let shape: ProcessGrid
    /// All ranks.
    public let world: Communicator
    /// The ranks with this rank's train examples and other runs, in the order of the runs.
    let runsAxis: Communicator
    /// The ranks with this rank's runs and other train examples, in the order of the examples.
    let trainAxis: Communicator
    /// Those of the train axis that are on this rank's host. What they all need of the test examples they divide among
    /// themselves: to do that over a network takes longer than to do it once a host.
    let hostAxis: Communicator
    private let position: ProcessGrid.Position
    /// What was sent to choose the grid is no part of the job.
    private let bytesBefore: Int

    /// Collective over `world`: every rank calls it with the same shape, whose size is that of `world`.
    public init(_ shape: ProcessGrid, world: Communicator) throws {
        precondition(shape.size == world.size, "a grid has a place for every rank")
        position = shape.position(of: world.rank)
        guard let runsAxis = try world.split(color: position.train, key: position.runs),
            let trainAxis = try world.split(color: position.runs, key: position.train)
        else { preconditionFailure("every rank has a colour") }
        self.shape = shape
        self.world = world
        self.runsAxis = runsAxis
        self.trainAxis = trainAxis
        hostAxis = try trainAxis.splitByHost()
        bytesBefore = world.bytesCommunicated
    }

    /// The runs of R that this rank owns.
    func runs(of count: Int) -> Range<Int> { Partition(count, shape.runs).range(of: position.runs) }

    /// The most runs of R that a rank owns.
    func mostRuns(of count: Int) -> Int { Partition(count, shape.runs).longest }

    /// The most train examples of N that a rank owns.
    func mostColumns(of count: Int) -> Int { Partition(count, shape.train).longest }

    /// The train examples of N that this rank owns.
    func columns(of count: Int) -> Range<Int> { Partition(count, shape.train).range(of: position.train) }

    /// Payload bytes that this rank gave to collectives of all ranks or of its row or column, whose are counted in, since the
    /// grid was made.
    public var bytesCommunicated: Int { world.bytesCommunicated - bytesBefore }
}
