import MessagePassing
import ParallelRanges

/// A tile of test examples, and the tiles of this rank's training examples that they are still to be compared with.
struct QueryTile {
    /// As many on every rank, some perhaps empty.
    let trainTiles: [Range<Int>]
    /// What is known of each row of the tile, among columns that were seen before, where a job goes on that was
    /// stopped.
    let known: [PartialRow]?
    private let seenBefore: [Range<Int>]

    /// The tile of some test examples, which are a part of those begun or have none of them. Collective over the grid.
    ///
    /// - Parameter columns: this rank's training examples.
    init(
        _ rows: QueryRows, _ columns: Range<Int>, begun: NeighborCheckpoint.Begun?, _ tiling: Tiling, _ grid: RankGrid
    ) throws {
        guard let begun, begun.rows.overlaps(rows.examples) else {
            trainTiles = tiling.trainTiles(of: columns)
            known = nil
            seenBefore = []
            return
        }
        known = Array(begun.known[rows.examples.shifted(by: -begun.rows.lowerBound)])
        seenBefore = begun.columns
        let own = tiling.trainTiles(of: columns, without: begun.columns)
        let most = try grid.world.allreduce(own.count, .max)
        trainTiles = own + Array(repeating: columns.upperBound..<columns.upperBound, count: most - own.count)
    }

    /// All columns that were seen once every rank has gone through its first `count` tiles. Collective over the grid.
    func seen(after count: Int, _ grid: RankGrid) throws -> [Range<Int>] {
        let own = trainTiles[..<count].flatMap { [$0.lowerBound, $0.upperBound] }
        let ends = try grid.trainAxis.allgather(own).flatMap { $0 }
        let now = stride(from: 0, to: ends.count, by: 2).map { ends[$0]..<ends[$0 + 1] }
        return (seenBefore + now).sorted { $0.lowerBound < $1.lowerBound }.merged
    }
}
