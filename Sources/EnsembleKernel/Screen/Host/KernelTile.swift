import CSIMDKernels
import Ensembles
import MessagePassing

/// A rectangle of products: some test examples (rows) by some training examples (columns), row-major.
///
/// Each rank first sums the products of its own runs into its copy; ``sum(over:)`` then adds the copies.
struct KernelTile<Arithmetic: HostArithmetic>: ~Copyable {
    let products: AlignedBuffer<Arithmetic.Product>
    private(set) var rows = 0
    private(set) var columns = 0
    /// Whether `products` still holds an earlier tile: the first product overwrites it.
    private var isZero = true

    /// Memory for a tile of so many products.
    init(products count: Int) {
        products = AlignedBuffer(count: count)
    }

    /// Starts a tile of the given size, with nothing added yet.
    mutating func begin(rows: Int, columns: Int) {
        precondition(rows * columns <= products.elements.count)
        self.rows = rows
        self.columns = columns
        isZero = true
    }

    /// Adds test^T train: the products of the runs in the panels, of the examples at some places of them.
    ///
    /// `test` is (depth, ...), `train` (depth, ...); 2 * depth * rows * columns operations.
    mutating func addProduct(
        _ test: borrowing ScreenPanel<Arithmetic>, _ train: borrowing ScreenPanel<Arithmetic>, at places: TilePlaces,
        threads: Int
    ) {
        precondition(places.rowCount == rows && places.columns.count == columns && test.depth == train.depth)
        guard rows > 0, columns > 0, test.depth > 0 else { return }
        var row = 0
        for range in places.rows {
            Arithmetic.multiply(
                test.examples(at: range), train.examples(at: places.columns), depth: test.depth, threads: threads,
                adding: !isZero, into: products.start + row * columns)
            row += range.count
        }
        isZero = false
    }

    /// Copies some columns of some rows: shape (columns, rows).
    func mirror(rows: Range<Int>, columns: Range<Int>, into mirrored: UnsafeMutableRawPointer) {
        ek_mirror(
            products.start + rows.lowerBound * self.columns + columns.lowerBound, self.columns, rows.count,
            columns.count, mirrored)
    }

    /// Sums the ranks' copies, each of its own runs.
    ///
    /// Collective: every rank of `runsAxis` calls it, with a tile of the same size:
    ///
    ///     rank 0: [ products of its runs ]  |                  rank 0: [ products of all runs ]
    ///     rank 1: [ products of its runs ]  |  -> Allreduce -> rank 1: [ products of all runs ]
    ///
    /// A rank needs only its share of the rows. Still, Open MPI's Reduce_scatter of 64 MiB took 1.3 to 2 times as long
    /// on one host, with 2, 4 and 16 ranks: it uses copies, while the Allreduce is in place.
    ///
    /// - Throws: `MPIError`.
    mutating func sum(over runsAxis: Communicator) throws {
        let count = rows * columns
        let sums = UnsafeMutableBufferPointer(rebasing: products.elements[..<count])
        if isZero { sums.update(repeating: 0) }
        isZero = false
        guard runsAxis.size > 1 else { return }
        try runsAxis.allreduce(sums.mutableSpan, .sum)
    }
}
