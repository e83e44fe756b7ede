import Ensembles

/// What local scaling subtracts from the kernel: how near the nearest of each example are.
///
///     S[i, j] = 2 K[i, j] - r(i) - r(j)
///
/// where r is the mean kernel value of an example's `nearest` nearest among the training examples, itself left out.
/// Without it a few examples that are near to everything (hubs) are neighbors of far too many others.
///
/// In the order of one row r(i) does not count: the neighbors by S are those by K[i, j] - r(j) / 2, the kernel with an
/// offset for each column. All that bounds K therefore bounds this, too.
///
/// Source: Conneau et al., Word translation without parallel data, 2018 (CSLS); Zelnik-Manor and Perona, Self-tuning
/// spectral clustering, 2004; on hubs Schnitzer et al., Local and global scaling reduce hubs in space, 2012.
public struct LocalScaling: Sendable {
    /// The usual number of nearest examples in the mean.
    public static let usualNearest = 10

    /// r of the rows.
    public let rows: [Double]
    /// r of the columns.
    public let columns: [Double]

    /// The scaling of rows and columns with these r.
    public init(rows: [Double], columns: [Double]) {
        self.rows = rows
        self.columns = columns
    }

    /// A fingerprint in hexadecimal digits, to tell one scaling from another.
    var fingerprint: String {
        let mixed = (rows + columns).reduce(UInt64(rows.count)) { ($0 ^ $1.bitPattern).mixed }
        return String(mixed, radix: 16)
    }

    /// What is subtracted from the kernel in a column, to have the order of S.
    func offset(ofColumn column: Int) -> Double { columns[column] / 2 }

    /// S of a row, from the kernel less the offset of a column.
    func similarity(_ shifted: Double, row: Int) -> Double { 2 * shifted - rows[row] }
}
