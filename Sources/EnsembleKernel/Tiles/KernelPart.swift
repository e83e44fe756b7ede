import ParallelRanges

/// A part of the kernel that a rank computes at once: some rows by adjacent columns, given by their examples.
package struct KernelPart: Equatable, Sendable {
    /// The rows, ascending ranges without common examples.
    package let rows: [Range<Int>]
    /// The columns.
    package let columns: Range<Int>
    /// Those of the rows whose products stand for their mirror images, too: K[j, i] is K[i, j].
    package let mirrored: [Range<Int>]

    /// Number of pairs.
    package var pairs: Int { rows.totalCount * columns.count }

    /// Rows by columns, without their mirror images.
    init(rows: [Range<Int>], columns: Range<Int>, mirrored: [Range<Int>] = []) {
        (self.rows, self.columns, self.mirrored) = (rows, columns, mirrored)
    }

    /// The row of the part for an example, which is one of its rows.
    package func place(of example: Int) -> Int {
        var before = 0
        for range in rows {
            if range.contains(example) { return before + example - range.lowerBound }
            before += range.count
        }
        preconditionFailure("the example is a row")
    }
}
