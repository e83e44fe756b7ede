import MessagePassing
import ParallelRanges

/// This rank's place in the process grid, and the communicators of its column and its row.
public struct RankGrid {
    /// Ranks that share the runs (rows), and ranks that share the training examples (columns).
    public let shape: ProcessGrid
    /// All ranks.
    public let world: Communicator
    /// The ranks with this rank's training examples and other runs, in the order of the runs.
    let runsAxis: Communicator
    /// The ranks with this rank's runs and other training examples, in the order of the examples.
    let trainAxis: Communicator
    /// Those of the train axis that are on this rank's host. What they all need of the test examples they divide among
    /// themselves: to do that over a network takes longer than to do it once a host.
    let hostAxis: Communicator
    private let position: ProcessGrid.Position
    /// What was sent to choose the grid is no part of the job.
    private let bytesBefore: Int

    /// Collective over `world`: every rank calls it with the same shape, whose size is that of `world`.
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

    /// The runs of R that this rank owns.
    func runs(of count: Int) -> Range<Int> { Partition(count, shape.runs).range(of: position.row) }

    /// The most runs of R that a rank owns.
    func mostRuns(of count: Int) -> Int { Partition(count, shape.runs).longest }

    /// The most training examples of N that a rank owns.
    func mostColumns(of count: Int) -> Int { Partition(count, shape.train).longest }

    /// The training examples of N that this rank owns.
    func columns(of count: Int) -> Range<Int> { Partition(count, shape.train).range(of: position.column) }

    /// Payload bytes that this rank gave to collectives of all ranks or of its row or column, whose are counted in,
    /// since the grid was made.
    public var bytesCommunicated: Int { world.bytesCommunicated - bytesBefore }
}

/// Runs are divided over the rows of the grid, and training examples over its columns: the ranks that reduce the kernel
/// among themselves are consecutive. In JSON the two are called `runs` and `train`.
extension ProcessGrid: Codable {
    private enum CodingKeys: String, CodingKey {
        case rows = "runs"
        case columns = "train"
    }

    /// `runs` ranks that share the runs by `train` that share the training examples.
    public init(runs: Int, train: Int) { self.init(rows: runs, columns: train) }

    /// Ranks that share the runs.
    public var runs: Int { rows }
    /// Ranks that share the training examples.
    public var train: Int { columns }

    /// - Throws: `DecodingError` where there are no two numbers of at least 1.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let rows = try container.decode(Int.self, forKey: .rows)
        let columns = try container.decode(Int.self, forKey: .columns)
        guard rows >= 1, columns >= 1 else {
            throw DecodingError.dataCorruptedError(forKey: .rows, in: container, debugDescription: "no grid")
        }
        self.init(rows: rows, columns: columns)
    }

    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(rows, forKey: .rows)
        try container.encode(columns, forKey: .columns)
    }
}
