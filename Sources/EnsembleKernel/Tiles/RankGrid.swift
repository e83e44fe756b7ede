import MessagePassing
import ParallelRanges

/// This rank's place in the process grid, and the communicators of its column and its row.
public struct RankGrid {
    /// Number of parts into which the runs are divided (rows), and the training examples (columns).
    public let shape: ProcessGrid
    /// All ranks of the grid.
    public let world: Communicator
    /// The ranks with this rank's training examples and other runs, in the order of the runs.
    let runsAxis: Communicator
    /// The ranks with this rank's runs and other training examples, in the order of the examples.
    let trainAxis: Communicator
    /// The ranks of the train axis on this rank's host. They divide the work on the test examples that all of them
    /// need: dividing it over a network would take longer than repeating it on every host.
    let hostAxis: Communicator
    private let position: ProcessGrid.Position
    /// The bytes sent before the grid was made, to choose it, which are not part of the job.
    private let bytesBefore: Int

    /// Makes the communicators of a grid. Collective over `world`: every rank calls it with the same shape, whose size
    /// is that of `world`.
    ///
    /// - Throws: `MPIError`.
    public init(_ shape: ProcessGrid, world: Communicator) throws {
        precondition(shape.size == world.size, "a grid has a place for every rank")
        position = shape.position(of: world.rank)
        guard let runsAxis = try world.split(color: position.column, key: position.row),
            let trainAxis = try world.split(color: position.row, key: position.column)
        else { preconditionFailure("every rank has a color") }
        self.shape = shape
        self.world = world
        self.runsAxis = runsAxis
        self.trainAxis = trainAxis
        hostAxis = try trainAxis.splitByHost()
        bytesBefore = world.bytesCommunicated
    }

    /// The runs that this rank owns, of `count`.
    func runs(of count: Int) -> Range<Int> { Partition(count, shape.runs).range(of: position.row) }

    /// The largest number of runs that a rank owns, of `count`.
    func mostRuns(of count: Int) -> Int { Partition(count, shape.runs).longest }

    /// The largest number of training examples that a rank owns, of `count`.
    func mostColumns(of count: Int) -> Int { Partition(count, shape.train).longest }

    /// The training examples that this rank owns, of `count`.
    func columns(of count: Int) -> Range<Int> { Partition(count, shape.train).range(of: position.column) }

    /// The training examples that the ranks of a train axis own, of `count`, in the order of the ranks.
    func columnsOfRanks(of count: Int) -> [Range<Int>] { Partition(count, shape.train).ranges }

    /// Bytes that this rank has passed to collectives since the grid was made, including those of its row and column.
    public var bytesCommunicated: Int { world.bytesCommunicated - bytesBefore }
}
