import Platform
import RandomStreams

/// A window-based early-exit cascade: selective prediction in two or more stages, each an ensemble and the next a
/// larger one. A stage is consulted only if the one before it is in doubt whether to accept an example.
///
/// An example is predicted by a stage, or passed on to the next. The score is that of the stage which made the
/// prediction; the examples with the lowest scores are rejected, the others accepted. Examples are passed on if their
/// score is in a window around the stage's own threshold between acceptance and rejection: only there does a better
/// judgment change anything. Windows and thresholds are chosen on one half of the examples, and measured on the other.
///
/// Source: Xia and Bouganis, "Window-based early-exit cascades for uncertainty estimation: when deep ensembles are more
/// efficient than single models", 2023.
public struct WindowCascade: Codable, Equatable, Sendable {
    /// What the threshold between acceptance and rejection is chosen for.
    public enum Target: Equatable, Sendable {
        /// To accept this share of the examples, above 0 and at most 1.
        case coverage(Double)
        /// To accept as many examples as possible, of which at most this share are predicted wrongly, in 0..<1.
        case risk(Double)
    }

    /// A stage of a cascade.
    public struct Stage: Sendable {
        /// Its predictions for every example; the higher the score, the more certain. At least two.
        public let predictions: [ScoredPrediction]
        /// Its scores for the examples of each set of outliers.
        public let outliers: [[Double]]
        /// What it costs per example, in addition to the stages before it.
        public let cost: Double

        /// A stage with its predictions, scores of outliers, and cost.
        public init(predictions: [ScoredPrediction], outliers: [[Double]] = [], cost: Double) {
            (self.predictions, self.outliers, self.cost) = (predictions, outliers, cost)
        }
    }

    /// The examples that one stage passes on to the next.
    public struct Window: Codable, Equatable, Sendable {
        /// Smallest score that is passed on; nil if no example is, or if there is no smallest one.
        public let low: Double?
        /// Largest score that is passed on; nil if no example is, or if there is no largest one.
        public let high: Double?
        /// Share of all examples that are passed on in the other half.
        public let passed: Double
    }

    /// What a cascade does with the examples of another distribution.
    public struct Outliers: Codable, Equatable, Sendable {
        /// Share of them that each stage but the last passes on.
        public let passed: [Double]
        /// Mean cost of one.
        public let cost: Double
        /// Share of them that are accepted: the rate of false positives, if the share of the examples that are accepted
        /// is that of true ones.
        public let accepted: Double
        /// Share of wrong predictions and outliers among the accepted, if there are as many outliers as examples; nil
        /// if none is accepted.
        public let risk: Double?
    }

    /// One division of the examples between the stages.
    public struct Point: Codable, Equatable, Sendable {
        /// Share of the examples of each stage that are passed on, in the half on which the windows were chosen.
        public let share: Double
        /// Smallest score of the first stage that is passed on; nil if no example is, or if there is no smallest one.
        public let low: Double?
        /// Largest score of the first stage that is passed on; nil if no example is, or if there is no largest one.
        public let high: Double?
        /// Smallest score that is accepted; nil if none is.
        public let threshold: Double?
        /// Share of examples passed on in the other half, on which this and the following values are measured.
        public let passed: Double
        /// The windows of the second and further stages; nil if there are two stages.
        public let laterWindows: [Window]?
        /// Mean cost per example: the costs of all stages that it reaches.
        public let cost: Double
        /// Share of examples accepted.
        public let coverage: Double
        /// Share of wrong predictions among the accepted ones; nil if none is accepted.
        public let risk: Double?
        /// Each set of outliers; nil if there are none.
        public let outliers: [Outliers]?

        private enum CodingKeys: String, CodingKey {
            case share, low, high, threshold, passed, cost, coverage, risk, outliers
            case laterWindows = "later_windows"
        }
    }

    /// The coverage for which the thresholds are chosen; nil if they are chosen for a risk.
    public let coverage: Double?
    /// The risk for which the thresholds are chosen; nil if they are chosen for a coverage.
    public let targetRisk: Double?
    /// Cost of the first stage per example.
    public let firstCost: Double
    /// Cost of the other stages together per example.
    public let othersCost: Double
    /// Windows around the threshold of each stage, of growing width; the first is empty.
    public let windows: [Point]
    /// Cascades with a single threshold in each stage that pass on the same shares of examples: those with the lowest
    /// scores.
    public let singleThreshold: [Point]
    /// The cascade that passes on every example.
    public let always: Point

    private enum CodingKeys: String, CodingKey {
        case coverage, windows, always
        case targetRisk = "target_risk"
        case firstCost = "first_cost"
        case othersCost = "others_cost"
        case singleThreshold = "single_threshold"
    }

    /// Shares of the examples that are passed on.
    private static let shares = [0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8]

    /// Chooses windows and thresholds on one half of the examples and measures them on the other.
    ///
    /// - Parameters:
    ///   - stages: At least two, of the same examples and outliers.
    ///   - bounds: The least and the largest possible score, written instead of the ends of a window that has none; nil
    ///     if scores have no bounds.
    ///   - seed: Divides the examples into halves.
    public init(stages: [Stage], target: Target, bounds: ClosedRange<Double>?, seed: UInt64) {
        let examples = stages[0].predictions.count
        precondition(stages.count >= 2 && examples >= 2 && stages.allSatisfy { $0.predictions.count == examples })
        var order = Array(0..<Int32(examples))
        var randomNumbers = RandomNumbers(seed: seed, run: 0)
        randomNumbers.shuffle(&order)
        func stagesOfHalf(_ half: ArraySlice<Int32>) -> [[ScoredPrediction]] {
            stages.map { stage in half.map { stage.predictions[Int($0)] } }
        }
        let chosen = stagesOfHalf(order[..<(examples / 2)])
        let trial = Trial(
            measured: stagesOfHalf(order[(examples / 2)...]),
            outliers: stages[0].outliers.indices.map { set in stages.map { $0.outliers[set] } },
            costs: stages.map(\.cost), bounds: bounds)

        (coverage, targetRisk) = (target.coverage, target.risk)
        firstCost = stages[0].cost
        othersCost = stages.dropFirst().reduce(0) { $0 + $1.cost }
        windows = Self.shares.map { trial.point(Rule(share: $0, place: .aroundThreshold, target, chosen)) }
        singleThreshold = Self.shares.map { trial.point(Rule(share: $0, place: .lowest, target, chosen)) }
        always = trial.point(Rule(share: 1, place: .lowest, target, chosen))
    }
}

extension WindowCascade.Target {
    var coverage: Double? { if case .coverage(let coverage) = self { coverage } else { nil } }
    var risk: Double? { if case .risk(let risk) = self { risk } else { nil } }

    /// The smallest score that is accepted; nil if none is.
    fileprivate func threshold(of predictions: [ScoredPrediction]) -> Double? {
        let groups = predictions.groupsByConfidence
        switch self {
        case .coverage(let coverage):
            let accepted = max(1, Int((coverage * Double(predictions.count)).rounded()))
            return groups.first { $0.places.contains(accepted - 1) }?.confidence
        case .risk(let risk):
            return groups.lastWithin(risk: risk)?.confidence
        }
    }
}

/// Which examples each stage passes on, and which of the predictions are accepted.
private struct Rule {
    enum Place { case aroundThreshold, lowest }

    let share: Double
    /// The scores that each stage but the last passes on; nil if it passes on none.
    var windows: [ClosedRange<Double>?] = []
    let threshold: Double?

    /// Chooses windows that pass on a share of the examples of each stage, of shape (stages, examples).
    init(share: Double, place: Place, _ target: WindowCascade.Target, _ stages: [[ScoredPrediction]]) {
        self.share = share
        var answers = stages[0]
        var reached = Array(answers.indices)
        for (stage, next) in zip(stages, stages.dropFirst()) {
            let ranked = reached.map { stage[$0].confidence }.sorted(by: >)
            let count = Int((share * Double(ranked.count)).rounded())
            let start =
                switch place {
                case .lowest: ranked.count - count
                case .aroundThreshold:
                    max(0, min(ranked.count(target.threshold(of: answers)) - count / 2, ranked.count - count))
                }
            // A window that includes the highest or the lowest score is open at that end.
            let window =
                count == 0
                ? nil
                : (start + count == ranked.count ? -.infinity : ranked[start + count - 1])...(start == 0
                    ? .infinity : ranked[start])
            windows.append(window)
            reached = reached.filter { window?.contains(stage[$0].confidence) == true }
            for example in reached { answers[example] = next[example] }
        }
        threshold = target.threshold(of: answers)
    }

    /// The stage that answers for an example with the given scores by the stages.
    func stage(of score: (_ stage: Int) -> Double) -> Int {
        windows.indices.first { windows[$0]?.contains(score($0)) != true } ?? windows.count
    }

    func accepts(_ score: Double) -> Bool { threshold.map { score >= $0 } ?? false }
}

extension [Double] {
    /// The number of scores that a threshold accepts.
    fileprivate func count(_ threshold: Double?) -> Int { threshold.map { least in count { $0 >= least } } ?? 0 }
}

/// The examples on which rules are measured.
private struct Trial {
    /// Shape (stages, examples).
    let measured: [[ScoredPrediction]]
    /// Shape (sets, stages, examples of the set).
    let outliers: [[[Double]]]
    let costs: [Double]
    let bounds: ClosedRange<Double>?

    func point(_ rule: Rule) -> WindowCascade.Point {
        let count = Double(measured[0].count)
        let stages = measured[0].indices.map { example in rule.stage { measured[$0][example].confidence } }
        let kept = zip(stages.indices, stages).map { measured[$1][$0] }.filter { rule.accepts($0.confidence) }
        let wrong = kept.count { !$0.isCorrect }
        let windows = rule.windows.enumerated().map { stage, window in
            WindowCascade.Window(
                low: window.flatMap { $0.lowerBound == -.infinity ? bounds?.lowerBound : $0.lowerBound },
                high: window.flatMap { $0.upperBound == .infinity ? bounds?.upperBound : $0.upperBound },
                passed: Double(stages.count { $0 > stage }) / count)
        }
        return .init(
            share: rule.share, low: windows[0].low, high: windows[0].high, threshold: rule.threshold,
            passed: windows[0].passed, laterWindows: windows.count == 1 ? nil : Array(windows.dropFirst()),
            cost: cost(stages), coverage: Double(kept.count) / count,
            risk: kept.isEmpty ? nil : Double(wrong) / Double(kept.count),
            outliers: outliers.isEmpty
                ? nil
                : outliers.map {
                    ofOutliers($0, rule, accepted: Double(kept.count) / count, wrong: Double(wrong) / count)
                })
    }

    /// The mean cost of examples that the given stages answer for.
    private func cost(_ stages: [Int]) -> Double {
        costs.indices.reduce(0) { sum, stage in
            sum + costs[stage] * (Double(stages.count { $0 >= stage }) / Double(stages.count))
        }
    }

    private func ofOutliers(
        _ scores: [[Double]], _ rule: Rule, accepted: Double, wrong: Double
    ) -> WindowCascade.Outliers {
        let stages = scores[0].indices.map { example in rule.stage { scores[$0][example] } }
        let count = Double(stages.count)
        let taken = Double(zip(stages.indices, stages).count { rule.accepts(scores[$1][$0]) }) / count
        return .init(
            passed: rule.windows.indices.map { stage in Double(stages.count { $0 > stage }) / count },
            cost: cost(stages), accepted: taken,
            risk: accepted + taken == 0 ? nil : (wrong + taken) / (accepted + taken))
    }
}
