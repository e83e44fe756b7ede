import ParallelRanges

/// Runs are divided over the rows of the grid, and training examples over its columns: ranks that reduce the kernel
/// among themselves are consecutive. In JSON the two numbers are called `runs` and `train`.
extension ProcessGrid: Codable {
    private enum CodingKeys: String, CodingKey {
        case rows = "runs"
        case columns = "train"
    }

    /// A grid that divides the runs into `runs` parts and the training examples into `train` parts.
    public init(runs: Int, train: Int) { self.init(rows: runs, columns: train) }

    /// Number of parts into which the runs are divided.
    public var runs: Int { rows }
    /// Number of parts into which the training examples are divided.
    public var train: Int { columns }

    /// Decodes a grid.
    ///
    /// - Throws: `DecodingError` if there are not two numbers of at least 1.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let rows = try container.decode(Int.self, forKey: .rows)
        let columns = try container.decode(Int.self, forKey: .columns)
        guard rows >= 1, columns >= 1 else {
            throw DecodingError.dataCorruptedError(forKey: .rows, in: container, debugDescription: "no grid")
        }
        self.init(rows: rows, columns: columns)
    }

    /// Encodes the grid as two numbers.
    ///
    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(rows, forKey: .rows)
        try container.encode(columns, forKey: .columns)
    }
}
