/// Ranks laid out in two dimensions, `rows` x `columns`, down the columns first.
///
///     ProcessGrid(rows: 3, columns: 2)     column     0   1
///                                          row 0      0   3
///                                          row 1      1   4
///                                          row 2      2   5
///
/// The ranks of a column are consecutive: a launcher that fills one host after another keeps the messages between them
/// within as few hosts as possible.
public struct ProcessGrid: Equatable, Sendable, LosslessStringConvertible {
    /// The position of a rank in the grid.
    public struct Position: Equatable, Sendable {
        /// The row, in 0..<rows.
        public let row: Int
        /// The column, in 0..<columns.
        public let column: Int

        /// The position at a row and a column.
        public init(row: Int, column: Int) {
            self.row = row
            self.column = column
        }
    }

    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int

    /// A grid of `rows` by `columns` ranks.
    ///
    /// - Precondition: Both are at least 1.
    public init(rows: Int, columns: Int) {
        precondition(rows >= 1 && columns >= 1, "a grid of \(rows)x\(columns) ranks holds none")
        self.rows = rows
        self.columns = columns
    }

    /// Parses "rows x columns", for instance "4x2"; nil for anything else, zeros, and products too large for `Int`.
    public init?(_ description: String) {
        let sides = description.split(separator: "x", omittingEmptySubsequences: false)
        guard sides.count == 2, sides.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } }),
            let rows = Int(sides[0]), let columns = Int(sides[1]), rows >= 1, columns >= 1,
            !rows.multipliedReportingOverflow(by: columns).overflow
        else { return nil }
        self.init(rows: rows, columns: columns)
    }

    /// The grid as "4x2", which `init(_:)` parses.
    public var description: String { "\(rows)x\(columns)" }

    /// Number of ranks.
    public var size: Int { rows * columns }

    /// The position of `rank`, which is in 0..<size.
    public func position(of rank: Int) -> Position {
        precondition((0..<size).contains(rank), "rank \(rank) is not in a grid of \(self)")
        return Position(row: rank % rows, column: rank / rows)
    }

    /// The rank at `position`.
    public func rank(at position: Position) -> Int {
        precondition(
            (0..<rows).contains(position.row) && (0..<columns).contains(position.column), "not in the grid")
        return position.column * rows + position.row
    }
}
