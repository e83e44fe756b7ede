import COpenBLAS
import MessagePassing

/// A rectangle of the kernel: some test examples (rows) by some train examples (columns), float32, row-major.
///
/// Each rank first sums the cross-products of its own runs into its copy; ``reduceRows(_:over:)`` then adds the copies.
struct KernelTile {
    private(set) var values: [Float]
    private var sums: [Float]
    private(set) var rows = 0
    private(set) var columns = 0

    /// Room for a tile of `rows` by `columns` and, where several ranks are summed, for the share of one of them.
    init(rows: Int, columns: Int, summedBy ranks: Int) {
        values = [Float](repeating: 0, count: rows * columns)
        sums = ranks > 1 ? [Float](repeating: 0, count: Partition(rows, ranks).range(of: 0).count * columns) : []
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

    /// Sums the ranks' copies; each rank keeps the sum of its own share of the rows, `own` of `Partition(rows, ranks)`.
    ///
    /// Collective over `runsAxis`, on which every rank holds the same tile of its own runs:
    ///
    ///     rank 0: [ its part of rows 0 1 2 3 ]  |                     rank 0: [ sum of rows 0 1 ]
    ///     rank 1: [ its part of rows 0 1 2 3 ]  |  -> Reduce_scatter -> rank 1: [ sum of rows 2 3 ]
    ///
    /// Half the bytes of an Allreduce, and no rank selects neighbours from more than its share.
    mutating func reduceRows(_ own: Range<Int>, over runsAxis: Communicator) throws {
        guard runsAxis.size > 1 else { return }
        let share = Partition(rows, runsAxis.size)
        try values.withUnsafeBufferPointer { values in
            try sums.withUnsafeMutableBufferPointer { sums in
                try runsAxis.reduceScatter(
                    UnsafeBufferPointer(rebasing: values[..<(rows * columns)]).span,
                    counts: share.counts.map { $0 * columns },
                    into: UnsafeMutableBufferPointer(rebasing: sums[..<(own.count * columns)]).mutableSpan, .sum)
            }
        }
        values.replaceSubrange(
            own.lowerBound * columns..<own.upperBound * columns, with: sums[..<(own.count * columns)])
    }
}
