import RandomStreams

/// A window-based early-exit cascade: selective prediction in two stages, at one coverage. It consults an ensemble only
/// if its first member is in doubt whether to accept an example.
///
/// An example is predicted by the first member, or passed on to the ensemble. The confidence is that of the stage which
/// made the prediction; the least confident examples are rejected, the others accepted. Examples are passed on if the
/// first member's confidence is in a window around its own threshold between acceptance and rejection: only there does
/// a better judgment change anything. Windows and thresholds are chosen on one half of the examples, and measured on
/// the other.
///
/// Source: Xia and Bouganis, "Window-based early-exit cascades for uncertainty estimation: when deep ensembles are more
/// efficient than single models", 2023.
public struct WindowCascade: Codable, Equatable, Sendable {
    /// One division of the examples between the two stages.
    public struct Point: Codable, Equatable, Sendable {
        /// Share of examples passed on, in the half on which the window was chosen.
        public let share: Double
        /// Smallest confidence of the first member that is passed on; nil if no example is.
        public let low: Double?
        /// Largest confidence of the first member that is passed on; nil if no example is.
        public let high: Double?
        /// Smallest confidence that is accepted.
        public let threshold: Double
        /// Share of examples passed on in the other half, on which this and the following values are measured.
        public let passed: Double
        /// Mean cost per example: that of the first member, plus that of the other members if the example is passed on.
        public let cost: Double
        /// Share of examples accepted.
        public let coverage: Double
        /// Share of wrong predictions among the accepted ones; nil if none is accepted.
        public let risk: Double?
    }

    /// The coverage for which the thresholds are chosen.
    public let coverage: Double
    /// Cost of the first member per example.
    public let firstCost: Double
    /// Cost of the other members together per example.
    public let othersCost: Double
    /// Windows around the first member's threshold, of growing width; the first is empty.
    public let windows: [Point]
    /// Cascades with a single threshold that pass on the same shares of examples: the first member's least confident
    /// ones.
    public let singleThreshold: [Point]
    /// The cascade that passes on every example.
    public let always: Point

    private enum CodingKeys: String, CodingKey {
        case coverage, windows, always
        case firstCost = "first_cost"
        case othersCost = "others_cost"
        case singleThreshold = "single_threshold"
    }

    /// Shares of the examples that are passed on.
    private static let shares = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8]

    /// Chooses windows and thresholds on one half of the examples and measures them on the other.
    ///
    /// - Parameters:
    ///   - first: Predictions of the first member.
    ///   - ensemble: Predictions of the ensemble for the same examples, at least two.
    ///   - firstCost: Cost of the first member per example.
    ///   - othersCost: Cost of the other members together per example.
    ///   - coverage: Share of the examples to accept, above 0 and at most 1.
    ///   - seed: Divides the examples into halves.
    public init(
        first: [ScoredPrediction], ensemble: [ScoredPrediction], firstCost: Double, othersCost: Double,
        coverage: Double, seed: UInt64
    ) {
        precondition(first.count == ensemble.count && first.count >= 2 && coverage > 0 && coverage <= 1)
        var order = Array(0..<Int32(first.count))
        var randomNumbers = RandomNumbers(seed: seed, run: 0)
        randomNumbers.shuffle(&order)
        let stages = order.map { (first: first[Int($0)], ensemble: ensemble[Int($0)]) }
        let halves = (found: Array(stages[..<(stages.count / 2)]), measured: Array(stages[(stages.count / 2)...]))
        let ranked = halves.found.map(\.first.confidence).sorted(by: >)
        let accepted = Swift.max(1, Int((coverage * Double(ranked.count)).rounded()))

        func point(_ share: Double, from start: Int, count: Int) -> Point {
            // A window that includes the most or the least confident example is open at that end.
            let high = start == 0 ? 1 : ranked[Swift.min(start, ranked.count - 1)]
            let low = start + count == ranked.count ? 0 : ranked[Swift.max(0, start + count - 1)]
            let window = count == 0 ? nil : low...high
            func answers(_ half: [(first: ScoredPrediction, ensemble: ScoredPrediction)]) -> [ScoredPrediction] {
                half.map { window?.contains($0.first.confidence) == true ? $0.ensemble : $0.first }
            }
            let threshold = answers(halves.found).map(\.confidence).sorted(by: >)[accepted - 1]
            let kept = answers(halves.measured).filter { $0.confidence >= threshold }
            let measured = Double(halves.measured.count)
            let passed = Double(halves.measured.count { window?.contains($0.first.confidence) == true }) / measured
            return Point(
                share: share, low: window?.lowerBound, high: window?.upperBound, threshold: threshold, passed: passed,
                cost: firstCost + passed * othersCost, coverage: Double(kept.count) / measured,
                risk: kept.isEmpty ? nil : Double(kept.count { !$0.isCorrect }) / Double(kept.count))
        }
        func counted(_ share: Double) -> Int { Int((share * Double(ranked.count)).rounded()) }

        self.coverage = coverage
        self.firstCost = firstCost
        self.othersCost = othersCost
        windows = Self.shares.map { share in
            let count = counted(share)
            return point(share, from: Swift.max(0, Swift.min(accepted - count / 2, ranked.count - count)), count: count)
        }
        singleThreshold = Self.shares.map { share in
            point(share, from: ranked.count - counted(share), count: counted(share))
        }
        always = point(1, from: 0, count: ranked.count)
    }
}
