import MessagePassing
import ParallelRanges

/// A tile of test examples, and the parts of the kernel in which they remain to be compared.
struct QueryTile {
    /// The remaining parts of this rank: equally many on every rank, some perhaps empty.
    let parts: [KernelPart]
    /// The partial result of each row of the tile, among the columns seen earlier, if a stopped job is resumed.
    let known: [PartialRow]?
    /// How the tile is divided, if it has all pairs of examples among themselves, each once.
    let halfSquare: HalfSquare?
    private let seenBefore: [Range<Int>]

    /// The tile of some test examples, all or none of which are partial rows of the checkpoint. Collective over the
    /// grid.
    ///
    /// - Parameters:
    ///   - columns: Number of training examples, of all ranks.
    ///   - begun: The partial rows of the checkpoint; if the tile is to be a half square, those of one, if any.
    /// - Throws: `MPIError`.
    init(
        _ rows: QueryRows, ofColumns columns: Int, begun: [NeighborCheckpoint.Begun], _ tiling: Tiling, _ grid: RankGrid
    ) throws {
        let begun = begun.first { $0.rows.overlaps(rows.examples) }
        known = begun.map { Array($0.known[rows.examples.shifted(by: -$0.rows.lowerBound)]) }
        seenBefore = begun?.columns ?? []
        halfSquare =
            tiling.isHalved
            ? begun?.halfSquare ?? HalfSquare(blocks: grid.columnsOfRanks(of: columns).flatMap(tiling.trainTiles))
            : nil
        let own = grid.columns(of: columns)
        let remaining = begun.map { [own].without($0.columns) } ?? tiling.trainTiles(of: own)
        let parts =
            halfSquare?.parts(ofColumns: remaining, in: tiling)
            ?? remaining.flatMap { $0.pieces(ofAtMost: tiling.columns) }.map {
                KernelPart(rows: [rows.examples], columns: $0)
            }
        let most = try grid.world.allreduce(parts.count, .max)
        let none = KernelPart(
            rows: halfSquare == nil ? [rows.examples] : [], columns: own.upperBound..<own.upperBound)
        self.parts = parts + Array(repeating: none, count: most - parts.count)
    }

    /// All columns seen once every rank has processed its first `count` parts. Collective over the grid.
    ///
    /// - Throws: `MPIError`.
    func seen(after count: Int, _ grid: RankGrid) throws -> [Range<Int>] {
        let own = parts[..<count].flatMap { [$0.columns.lowerBound, $0.columns.upperBound] }
        let ends = try grid.trainAxis.allgather(own).flatMap { $0 }
        let now = stride(from: 0, to: ends.count, by: 2).map { ends[$0]..<ends[$0 + 1] }
        return (seenBefore + now).sorted { $0.lowerBound < $1.lowerBound }.merged
    }
}
