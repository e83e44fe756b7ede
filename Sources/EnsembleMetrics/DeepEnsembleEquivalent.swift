/// The calibrated log-likelihood of deep ensembles by size, against which other ensembles are measured.
public struct DeepEnsembleCurve: Codable, Equatable, Sendable {
    /// The deep ensembles of one size.
    public struct Point: Codable, Equatable, Sendable {
        /// Number of members.
        public let members: Int
        /// Mean of the calibrated log-likelihood over the ensembles of that size.
        public let mean: Double
        /// Standard deviation over these ensembles; nil for a single one.
        public let std: Double?

        /// The deep ensembles with `members` members.
        public init(members: Int, mean: Double, std: Double?) {
            self.members = members
            self.mean = mean
            self.std = std
        }
    }

    /// The points by ascending size.
    public let points: [Point]

    /// A curve through points of ascending size.
    ///
    /// - Precondition: At least one point; sizes ascend.
    public init(_ points: [Point]) {
        precondition(!points.isEmpty && zip(points, points.dropFirst()).allSatisfy { $0.members < $1.members })
        self.points = points
    }

    /// The deep ensemble equivalent of an ensemble with the given calibrated log-likelihood: the smallest real number
    /// of members for which the curve, linear between its points, reaches it. Source: Ashukha et al., "Pitfalls of
    /// in-domain uncertainty estimation and ensembling in deep learning", 2020.
    public func equivalent(ofLikelihood likelihood: Double) -> DeepEnsembleEquivalent {
        DeepEnsembleEquivalent(
            members: crossing(likelihood) { $0.mean }, low: crossing(likelihood) { $0.mean + ($0.std ?? 0) },
            high: crossing(likelihood) { $0.mean - ($0.std ?? 0) }, largest: points[points.count - 1].members)
    }

    private func crossing(_ likelihood: Double, _ value: (Point) -> Double) -> Double? {
        guard let next = points.firstIndex(where: { value($0) >= likelihood }) else { return nil }
        guard next > 0 else { return Double(points[0].members) }
        let (below, above) = (points[next - 1], points[next])
        let share = (likelihood - value(below)) / (value(above) - value(below))
        return Double(below.members) + share * Double(above.members - below.members)
    }
}

/// The number of members of a deep ensemble with the same calibrated log-likelihood.
public struct DeepEnsembleEquivalent: Codable, Equatable, Sendable, CustomStringConvertible {
    /// The number of members; nil if the largest deep ensemble is not as good.
    public let members: Double?
    /// The number if deep ensembles were better by one standard deviation.
    public let low: Double?
    /// The number if deep ensembles were worse by one standard deviation.
    public let high: Double?
    /// Number of members of the largest deep ensemble.
    public let largest: Int

    /// The number rounded to one decimal, "3.2", or "> 50" if the largest deep ensemble is not as good.
    public var description: String { members.map { "\(($0 * 10).rounded() / 10)" } ?? "> \(largest)" }
}
