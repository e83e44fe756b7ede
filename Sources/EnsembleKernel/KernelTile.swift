import COpenBLAS
import MessagePassing

/// A rectangle of the kernel: some test examples (rows) by some train examples (columns), float32, row-major.
///
/// Each rank first sums the cross-products of its own runs into its copy; ``sum(over:)`` then adds the copies.
struct KernelTile {
    private(set) var values: [Float]
    private(set) var rows = 0
    private(set) var columns = 0

    /// Room for a tile of `rows` by `columns`.
    init(rows: Int, columns: Int) {
        values = [Float](repeating: 0, count: rows * columns)
    }

    /// Makes this a tile of zeros of the given size.
    mutating func clear(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
        values.withUnsafeMutableBufferPointer { $0[..<(rows * columns)].update(repeating: 0) }
    }

    /// Adds weight * test^T train: the part of the kernel that the runs in the panels make up.
    ///
    /// `test` is (depth, rows), `train` (depth, columns); 2 * depth * rows * columns floating-point operations.
    mutating func addProduct(_ test: borrowing StandardisedPanel, _ train: borrowing StandardisedPanel, weight: Float) {
        precondition(test.columns == rows && train.columns == columns && test.depth == train.depth)
        guard rows > 0, columns > 0, test.depth > 0 else { return }
        cblas_sgemm(
            CblasRowMajor, CblasTrans, CblasNoTrans,
            blasint(rows), blasint(columns), blasint(test.depth), weight,
            test.values, blasint(rows), train.values, blasint(columns), 1, &values, blasint(columns))
    }

    /// Adds the ranks' copies, each of its own runs.
    ///
    /// Collective: every rank of `runsAxis` calls it, with a tile of the same size:
    ///
    ///     rank 0: [ kernel of its runs ]  |                  rank 0: [ kernel of all runs ]
    ///     rank 1: [ kernel of its runs ]  |  -> Allreduce -> rank 1: [ kernel of all runs ]
    ///
    /// A rank needs its share of the rows only. Still, Open MPI's Reduce_scatter of 64 MiB took 1.3 to 2 times as long
    /// on one host, at 2, 4 and 16 ranks: it works through copies, the Allreduce in place.
    mutating func sum(over runsAxis: Communicator) throws {
        guard runsAxis.size > 1 else { return }
        let count = rows * columns
        try values.withUnsafeMutableBufferPointer {
            try runsAxis.allreduce(UnsafeMutableBufferPointer(rebasing: $0[..<count]).mutableSpan, .sum)
        }
    }
}
