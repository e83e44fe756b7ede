import CSIMDKernels
import Ensembles
import MessagePassing
import ParallelRanges
import UserMessages

/// The sides of a tile.
enum TileSide {
    /// The test examples: the rows.
    case rows
    /// The training examples: the columns.
    case columns
}

/// The places of a tile's examples in the panels.
struct TilePlaces: Equatable {
    /// Places in the panel of the rows.
    let rows: [Range<Int>]
    /// Places in the panel of the columns, or in that of the rows.
    let columns: Range<Int>
    /// Whether the columns are examples of the panel of the rows.
    let columnsAreRows: Bool

    /// Number of rows of the tile.
    var rowCount: Int { rows.totalCount }
}

/// A screen in one arithmetic on one device: it holds a panel of numbers for either side of a tile, and the tile of
/// their products.
///
/// A panel has shape (depth, examples), where depth is runs times classes of a block of runs. The product computed for
/// each pair is within known bounds (``ScreenBounds``) of that of z, so that every backend leaves the same neighbors.
/// To add a backend (for a GPU, say), add a folder with a conforming class, and a case of ``Screen``.
protocol ScreeningBackend: AnyObject {
    /// Number of bytes of an element of a panel.
    static var codeBytes: Int { get }
    /// The largest code that products on this processor allow.
    static var largestCode: Int { get }
    /// Returns a closure that computes a product (rows, columns, depth) of ones on one thread, to measure its time.
    static func rehearse(rows: Int, columns: Int, depth: Int) -> () -> Void

    /// Memory for panels of `depth` by `rows` and by `columns`, and for a tile of so many products; no code exceeds
    /// `largestCode`.
    init(depth: Int, rows: Int, columns: Int, products: Int, largestCode: Int)

    /// Sets the examples of a side, before the first block of their runs.
    func begin(_ side: TileSide, _ examples: Range<Int>, _ moments: Moments)

    /// Fills the panel of a side with a block of runs of its examples. Collective over `ranks`, which need the same
    /// panel and divide the work.
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `MPIError`.
    func fill(
        _ side: TileSide, from logits: Logits, runs: Range<Int>, moments: Moments, transform: Transform, threads: Int,
        sharedBy ranks: Communicator?) throws

    /// The bounds of a side's examples, once all their runs have been in the panel. Collective over each of `ranks` in
    /// turn, which encoded different runs of the same examples.
    ///
    /// - Throws: `MPIError`.
    func bounds(of side: TileSide, over ranks: [Communicator]) throws -> ScreenBounds

    /// Starts a tile of examples of the panels.
    func beginTile(_ places: TilePlaces)

    /// Adds the products of the runs in the panels to the tile.
    func addProduct(threads: Int)

    /// Sums the tiles of the ranks, each of its own runs. Collective over `runsAxis`.
    ///
    /// - Throws: `MPIError`.
    func sum(over runsAxis: Communicator) throws

    /// The products of a row of the tile, numbers of 32 bits. Called from several threads.
    func products(ofRow row: Int) -> UnsafeRawPointer

    /// Copies the products of some rows and columns of the tile, column by column: shape (columns, rows). Called from
    /// several threads.
    func mirror(rows: Range<Int>, columns: Range<Int>, into mirrored: UnsafeMutableRawPointer)

    /// Writes the columns whose similarity to a row may reach the threshold, which rises in the process, to
    /// `candidates` in ascending order, numbered from `firstIndex`; returns their number.
    static func select(
        _ products: UnsafeRawPointer, count: Int, _ row: EKScreenRow, _ columns: EKScreenColumns, firstIndex: Int32,
        threshold: UnsafeMutablePointer<EKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<EKCandidate>
    ) -> Int
}
