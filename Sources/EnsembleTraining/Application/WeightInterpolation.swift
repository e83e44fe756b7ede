/// Networks on the straight line between those of two runs: their weights are (1 - t) times those of the first plus t
/// times those of the second, at equally spaced positions t from 0 to 1. Source: Garipov et al., "Loss surfaces, mode
/// connectivity, and fast ensembling of DNNs", 2018, who call it linear interpolation.
public struct WeightInterpolation: Equatable, Sendable {
    /// The numbers of the runs at the ends.
    public let from, to: Int
    /// The positions t of the networks.
    public let positions: [Double]

    /// `points` networks from run `from` to run `to`, both included.
    ///
    /// - Throws: ``TrainingOptionError`` unless there are 2 to 10,000 points, and the runs are different ones.
    public init(from: Int, to: Int, points: Int) throws {
        try TrainingOptionError.require(from != to, "interpolate", "two different runs, such as 0,1")
        try TrainingOptionError.require(2...10_000 ~= points, "points", "between 2 and 10,000")
        (self.from, self.to) = (from, to)
        positions = (0..<points).map { Double($0) / Double(points - 1) }
    }

    /// The weights at a position, from those at the ends: exactly those at either end.
    func weights(at position: Double, _ first: [Float], _ second: [Float]) -> [Float] {
        let share = Float(position)
        return zip(first, second).map { (1 - share) * $0 + share * $1 }
    }
}
