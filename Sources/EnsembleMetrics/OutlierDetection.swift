/// How well a score of certainty tells examples of another distribution from those of the ensemble's own.
public struct OutlierDetection: Codable, Equatable, Sendable {
    /// The probability that an outlier has a lower score than an example of the own distribution, equal scores counting
    /// half: the area under the ROC curve.
    public let auroc: Double
    /// The standard error of that, for other examples of both distributions; absent if one has a single example.
    public let aurocStandardError: Double?
    /// The average precision of the lowest scores as a detector of outliers. It depends on how many there are.
    public let aupr: Double
    /// The share of the own examples that are taken for outliers by the threshold that finds 95 % of these.
    public let falsePositiveRate: Double

    private static let recall = 0.95

    private enum CodingKeys: String, CodingKey {
        case auroc, aupr
        case aurocStandardError = "auroc_standard_error"
        case falsePositiveRate = "fpr_at_95_percent_recall"
    }

    /// Every value with its name in files.
    public var fields: [(name: String, value: Double?)] {
        [
            (.auroc, auroc), (.aurocStandardError, aurocStandardError), (.aupr, aupr),
            (.falsePositiveRate, falsePositiveRate),
        ].map { (key: CodingKeys, value: Double?) in (key.rawValue, value) }
    }

    /// Measures scores, the higher the more certain.
    ///
    /// - Parameters:
    ///   - own: The scores of examples of the own distribution.
    ///   - outliers: Those of the others.
    /// - Precondition: At least one score of each, and no NaN.
    public init(own: [Double], outliers: [Double]) {
        precondition(!own.isEmpty && !outliers.isEmpty && !(own + outliers).contains(where: \.isNaN))
        let scored =
            own.map { ScoredPrediction(confidence: $0, isCorrect: true) }
            + outliers.map { ScoredPrediction(confidence: $0, isCorrect: false) }
        let curve = DetectionCurve(scored.groupsByConfidence)
        (auroc, aurocStandardError) = curve.auroc!
        aupr = curve.averagePrecision!
        falsePositiveRate = curve.falsePositiveRate(atRecall: Self.recall)!
    }
}
