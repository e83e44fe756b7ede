import RandomStreams

/// What it is worth to ask an ensemble only where its first member is in doubt: selective prediction by a cascade of
/// two stages, at one coverage.
///
/// An example is answered by the first member, or passed on to the ensemble. Its confidence is that of whoever
/// answered; the least confident examples are rejected, the others accepted. Passed on is whatever the first member's
/// confidence puts into a window around the threshold of its own between both: there alone a better judgment changes
/// anything. Windows and thresholds are found on one half of the examples, and what they do is measured on the other.
///
/// Source: Xia and Bouganis, "Window-based early-exit cascades for uncertainty estimation: when deep ensembles are more
/// efficient than single models", 2023.
public struct WindowCascade: Codable, Equatable, Sendable {
    /// One way to divide the examples between both stages.
    public struct Point: Codable, Equatable, Sendable {
        /// Share of the examples that it passes on, on the half where it was found.
        public let share: Double
        /// Least confidence of the first member that is passed on; nil where nothing is.
        public let low: Double?
        /// Largest one.
        public let high: Double?
        /// Least confidence that is accepted.
        public let threshold: Double
        /// Share of the examples passed on, on the other half, as all that follows.
        public let passed: Double
        /// Cost of an example: that of the first member, and that of the others where it is passed on.
        public let cost: Double
        /// Share of the examples accepted.
        public let coverage: Double
        /// Share of wrong answers among those accepted; nil where none is.
        public let risk: Double?
    }

    /// Coverage that the thresholds are set for.
    public let coverage: Double
    /// Cost of the first member.
    public let firstCost: Double
    /// Cost of the others together.
    public let othersCost: Double
    /// Windows around the first member's threshold, of growing width; the first lets nothing through.
    public let windows: [Point]
    /// The same shares of the examples passed on by a single threshold: the first member's least confident.
    public let singleThreshold: [Point]
    /// Everything passed on.
    public let always: Point

    private enum CodingKeys: String, CodingKey {
        case coverage, windows, always
        case firstCost = "first_cost"
        case othersCost = "others_cost"
        case singleThreshold = "single_threshold"
    }

    /// Shares of the examples that are passed on.
    private static let shares = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8]

    /// - Parameters:
    ///   - first: answers of the first member.
    ///   - ensemble: answers of the ensemble to the same examples, at least two.
    ///   - coverage: share of the examples to accept, above 0 and at most 1.
    ///   - seed: divides the examples into halves.
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
            // A window that takes the most confident or the least lets through whatever is beyond them, too.
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
                risk: kept.isEmpty ? nil : Double(kept.count { !$0.isRight }) / Double(kept.count))
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
