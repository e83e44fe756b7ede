/// Ranks laid out in two dimensions: `runs` x `train` of them.
///
///     ProcessGrid(runs: 3, train: 2)       runs 0   1   2
///                               train 0         0   1   2
///                               train 1         3   4   5
///
/// Ranks that share a train coordinate, and so reduce the kernel among themselves, are consecutive: a
/// launcher that fills one host after another keeps the large reduction within as few hosts as it can.
public struct ProcessGrid: Equatable, Sendable, LosslessStringConvertible {
    /// Where a rank stands in the grid.
    public struct Position: Equatable, Sendable {
        /// The coordinate along the runs: 0..<grid.runs.
        public let runs: Int
        /// The coordinate along the train examples: 0..<grid.train.
        public let train: Int

        /// The position at the two coordinates.
        public init(runs: Int, train: Int) {
            self.runs = runs
            self.train = train
        }
    }

    /// Over how many ranks the runs are divided.
    public let runs: Int
    /// Over how many ranks the train examples are divided.
    public let train: Int

    /// - Precondition: both are at least 1.
    public init(runs: Int, train: Int) {
        precondition(runs >= 1 && train >= 1, "a grid of \(runs)x\(train) ranks holds none")
        self.runs = runs
        self.train = train
    }

    /// Parses "RxT", for instance "4x2"; nil for anything else, zeros, and products too large for `Int`.
    public init?(_ description: String) {
        let sides = description.split(separator: "x", omittingEmptySubsequences: false)
        guard sides.count == 2, sides.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } }),
            let runs = Int(sides[0]), let train = Int(sides[1]), runs >= 1, train >= 1,
            !runs.multipliedReportingOverflow(by: train).overflow
        else { return nil }
        self.init(runs: runs, train: train)
    }

    /// "RxT", which `init(_:)` reads.
    public var description: String { "\(runs)x\(train)" }

    /// How many ranks the grid has.
    public var size: Int { runs * train }

    /// Where `rank`, in 0..<size, stands.
    public func position(of rank: Int) -> Position {
        precondition((0..<size).contains(rank), "rank \(rank) is not in a grid of \(self)")
        return Position(runs: rank % runs, train: rank / runs)
    }

    /// The rank that stands at `position`.
    public func rank(at position: Position) -> Int {
        precondition((0..<runs).contains(position.runs) && (0..<train).contains(position.train), "not in the grid")
        return position.train * runs + position.runs
    }
}
