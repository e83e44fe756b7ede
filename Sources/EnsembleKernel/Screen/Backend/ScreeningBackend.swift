import CSIMDKernels
import Ensembles
import MessagePassing
import UserMessages

/// The sides of a tile.
enum TileSide {
    /// The test examples: the rows.
    case rows
    /// The training examples: the columns.
    case columns
}

/// A screen at work in one arithmetic on one device: it holds a panel of numbers for either side of a tile, and the
/// tile of their products.
///
/// A panel has shape (depth, examples), depth being runs times classes of a block of runs. For every pair the product
/// that is computed is within known bounds (``ScreenBounds``) of that of z, so that any backend leaves the same
/// neighbors. To add one (for a GPU, say): a folder with a class that conforms, and a case of ``Screen``.
protocol ScreeningBackend: AnyObject {
    /// Bytes of a number of a panel.
    static var codeBytes: Int { get }
    /// The largest code that products on this processor allow.
    static var largestCode: Int { get }
    /// Computes a product (rows, columns, depth) of ones, on one thread, to measure how long that takes.
    static func rehearse(rows: Int, columns: Int, depth: Int) -> () -> Void

    /// Room for panels of `depth`, and a tile of `rows` by `columns`; no code is larger than `largestCode`.
    init(depth: Int, rows: Int, columns: Int, largestCode: Int)

    /// Makes these the examples of a side, before the first block of their runs.
    func begin(_ side: TileSide, _ examples: Range<Int>, _ moments: Moments)

    /// Fills the panel of a side with a block of runs of its examples. Collective over `ranks`, which need the same
    /// panel and divide the work.
    ///
    /// - Throws: `UserError` where a logit is not finite; `MPIError`.
    func fill(
        _ side: TileSide, from logits: Logits, runs: Range<Int>, moments: Moments, transform: Transform, threads: Int,
        sharedBy ranks: Communicator?) throws

    /// What is known of a side's examples once all their runs have been through the panel. Collective over each of
    /// `ranks` in turn, which encoded different runs of the same examples.
    func bounds(of side: TileSide, over ranks: [Communicator]) throws -> ScreenBounds

    /// Begins a tile of the examples of both sides.
    func beginTile()

    /// Adds the products of the runs in the panels to the tile.
    func addProduct(threads: Int)

    /// Adds the tiles of the ranks, each of its own runs. Collective over `runsAxis`.
    func sum(over runsAxis: Communicator) throws

    /// Writes the columns whose similarity to a row of the tile may reach the threshold, which rises meanwhile, to
    /// `candidates`, ascending, the first column as number `firstIndex`; returns their number. Called from several
    /// threads.
    func select(
        row: Int, _ bounds: EKScreenRow, _ columns: EKScreenColumns, firstIndex: Int32,
        threshold: UnsafeMutablePointer<EKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<EKCandidate>
    ) -> Int
}
