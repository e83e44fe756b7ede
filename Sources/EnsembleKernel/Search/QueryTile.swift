import MessagePassing
import ParallelRanges

/// A tile of test examples, and the tiles of this rank's training examples with which they remain to be compared.
struct QueryTile {
    /// The remaining tiles: equally many on every rank, some perhaps empty.
    let trainTiles: [Range<Int>]
    /// The partial result of each row of the tile, among the columns seen earlier, if a stopped job is resumed.
    let known: [PartialRow]?
    private let seenBefore: [Range<Int>]

    /// The tile of some test examples, all or none of which are partial rows of the checkpoint. Collective over the
    /// grid.
    ///
    /// - Parameter columns: This rank's training examples.
    /// - Throws: `MPIError`.
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

    /// All columns seen once every rank has processed its first `count` tiles. Collective over the grid.
    ///
    /// - Throws: `MPIError`.
    func seen(after count: Int, _ grid: RankGrid) throws -> [Range<Int>] {
        let own = trainTiles[..<count].flatMap { [$0.lowerBound, $0.upperBound] }
        let ends = try grid.trainAxis.allgather(own).flatMap { $0 }
        let now = stride(from: 0, to: ends.count, by: 2).map { ends[$0]..<ends[$0 + 1] }
        return (seenBefore + now).sorted { $0.lowerBound < $1.lowerBound }.merged
    }
}
