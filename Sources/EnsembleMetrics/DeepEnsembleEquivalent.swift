/// The calibrated log-likelihood of deep ensembles of growing size, by which others are measured.
public struct DeepEnsembleCurve: Codable, Equatable, Sendable {
    /// The deep ensembles of one size.
    public struct Point: Codable, Equatable, Sendable {
        /// Number of members.
        public let members: Int
        /// Mean of the calibrated log-likelihood over ensembles of that size.
        public let mean: Double
        /// Its standard deviation, where there are several.
        public let std: Double?

        /// The deep ensembles of `members` members.
        public init(members: Int, mean: Double, std: Double?) {
            self.members = members
            self.mean = mean
            self.std = std
        }
    }

    /// From the smallest on.
    public let points: [Point]

    /// - Precondition: at least one point, their sizes ascending.
    public init(_ points: [Point]) {
        precondition(!points.isEmpty && zip(points, points.dropFirst()).allSatisfy { $0.members < $1.members })
        self.points = points
    }

    /// How many members of a deep ensemble an ensemble of that calibrated log-likelihood is worth: the least real
    /// number l for which the curve, linear between its points, reaches it. Source: Ashukha et al., "Pitfalls of
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

/// How many members of a deep ensemble something is worth.
public struct DeepEnsembleEquivalent: Codable, Equatable, Sendable, CustomStringConvertible {
    /// The number; nil where the largest deep ensemble is not as good.
    public let members: Double?
    /// The number if deep ensembles were better by a standard deviation.
    public let low: Double?
    /// The number if they were worse by one.
    public let high: Double?
    /// Members of the largest deep ensemble.
    public let largest: Int

    /// "3.2", or "> 50".
    public var description: String { members.map { "\(($0 * 10).rounded() / 10)" } ?? "> \(largest)" }
}
