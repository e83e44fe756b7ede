/// What local scaling subtracts from the kernel: how near the nearest of each example are.
///
///     S[i, j] = 2 K[i, j] - r(i) - r(j)
///
/// where r is the mean kernel value of an example's `nearest` nearest among the training examples, itself left out.
/// Without it a few examples that are near to everything (hubs) are neighbors of far too many others.
///
/// In the order of one row r(i) does not count: the neighbors by S are those by K[i, j] - r(j) / 2, the kernel with an
/// offset for each column. A bound of K, less the offset, is a bound of that.
///
/// Source: Conneau et al., Word translation without parallel data, 2018 (CSLS); Zelnik-Manor and Perona, Self-tuning
/// spectral clustering, 2004; on hubs Schnitzer et al., Local and global scaling reduce hubs in space, 2012.
public struct LocalScaling: Sendable {
    /// The usual number of nearest examples in the mean.
    public static let usualNearest = 10

    /// The usual number, where there are so many training examples and so many neighbors are kept.
    package static func usualNearest(of training: Int, kept: Int = .max) -> Int {
        max(1, min(usualNearest, training - 1, kept))
    }

    /// Number of nearest examples in the means.
    public let nearest: Int
    /// r of the rows.
    public let rows: [Double]
    /// r of the columns.
    public let columns: [Double]

    /// The scaling of rows and columns with these r.
    public init(nearest: Int, rows: [Double], columns: [Double]) {
        self.nearest = nearest
        self.rows = rows
        self.columns = columns
    }

    /// The scaling of the columns among themselves.
    package var ofColumns: LocalScaling { LocalScaling(nearest: nearest, rows: columns, columns: columns) }

    /// Checks that a number of nearest examples, if any, is one of others among `examples`.
    ///
    /// - Throws: ``KernelError`` (64).
    package static func requireOthers(_ nearest: Int?, among examples: Int) throws {
        guard let nearest, !(1..<max(1, examples)).contains(nearest) else { return }
        throw KernelError.scalingOutOfRange(nearest, available: examples - 1)
    }

    /// What is subtracted from the kernel in a column, to have the order of S.
    func offset(ofColumn column: Int) -> Double { columns[column] / 2 }

    /// S of a row, from the kernel less the offset of a column.
    func similarity(_ shifted: Double, row: Int) -> Double { 2 * shifted - rows[row] }
}
