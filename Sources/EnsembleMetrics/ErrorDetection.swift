/// How well a score of certainty tells wrong predictions from correct ones, and what is gained by predicting only where
/// it is high. No value depends on the order of examples of equal scores.
public struct ErrorDetection: Codable, Equatable, Sendable {
    /// The probability that a wrong prediction has a lower score than a correct one, equal scores counting half: the
    /// area under the ROC curve. Absent if all predictions are correct, or all wrong.
    public let auroc: Double?
    /// The standard error of that, for other predictions. Absent without two wrong and two correct ones.
    public let aurocStandardError: Double?
    /// The average precision of the lowest scores as a detector of wrong predictions. Absent if there are none.
    public let aupr: Double?
    /// The mean over m = 1...M of the error of the m predictions with the highest scores: the area under risk against
    /// coverage. Source: Geifman and El-Yaniv, "Selective classification for deep neural networks", 2017.
    public let aurc: Double
    /// The same less that of the best score possible, by which all wrong predictions come last.
    public let excessAURC: Double
    /// The largest share of predictions, those with the highest scores, of which at most 5 % are wrong; 0 if there is
    /// none.
    public let coverageAtRisk: Double
    /// The error of the 80 % of predictions with the highest scores.
    public let riskAtCoverage: Double

    private static let risk = 0.05

    private enum CodingKeys: String, CodingKey {
        case auroc, aupr, aurc
        case aurocStandardError = "auroc_standard_error"
        case excessAURC = "excess_aurc"
        case coverageAtRisk = "coverage_at_5_percent_risk"
        case riskAtCoverage = "risk_at_80_percent_coverage"
    }

    /// Every value with its name in files.
    public var fields: [(name: String, value: Double?)] {
        [
            (.auroc, auroc), (.aurocStandardError, aurocStandardError), (.aupr, aupr), (.aurc, aurc),
            (.excessAURC, excessAURC), (.coverageAtRisk, coverageAtRisk),
            (.riskAtCoverage, riskAtCoverage),
        ].map { (key: CodingKeys, value: Double?) in (key.rawValue, value) }
    }

    /// Measures scores, the higher the more certain, of predictions.
    ///
    /// - Precondition: As many scores as predictions, at least one, and no NaN.
    public init(scores: [Double], isCorrect: [Bool]) {
        self = Self.withRiskByCoverage(scores: scores, isCorrect: isCorrect).detection
    }

    /// Measures scores as ``init(scores:isCorrect:)`` does, and the error of the 1, 2, ... 100 % of predictions with
    /// the highest scores: risk by coverage.
    public static func withRiskByCoverage(
        scores: [Double], isCorrect: [Bool]
    ) -> (detection: ErrorDetection, riskByCoverage: [Double]) {
        precondition(scores.count == isCorrect.count && !scores.isEmpty && !scores.contains(where: \.isNaN))
        let groups = zip(scores, isCorrect).map { ScoredPrediction(confidence: $0, isCorrect: $1) }.groupsByConfidence
        let risks = risks(groups)
        return (ErrorDetection(groups, risks), (1...100).map { risks[covered(percent: $0, of: risks.count) - 1] })
    }

    private init(_ groups: [[ScoredPrediction].Group], _ risks: [Double]) {
        let count = risks.count
        let wrong = groups.reduce(0) { $0 + $1.wrong }
        let coverage = Double(groups.lastWithin(risk: Self.risk)?.places.upperBound ?? 0) / Double(count)
        let curve = DetectionCurve(groups)
        let measured = curve.auroc
        (auroc, aurocStandardError) = (measured?.area, measured?.standardError)
        aupr = curve.averagePrecision
        aurc = risks.reduce(0, +) / Double(count)
        var best = 0.0
        for error in 0..<wrong { best += Double(error + 1) / Double(count - wrong + error + 1) }
        excessAURC = aurc - best / Double(count)
        (coverageAtRisk, riskAtCoverage) = (coverage, risks[Self.covered(percent: 80, of: count) - 1])
    }

    /// The smallest number of predictions that are so many percent of all.
    private static func covered(percent: Int, of count: Int) -> Int { (percent * count + 99) / 100 }

    /// The error of the m predictions with the highest scores, for m = 1...M. Of equal scores, each prediction is as
    /// wrong as they are in the mean.
    private static func risks(_ groups: [[ScoredPrediction].Group]) -> [Double] {
        var errorsBefore = 0
        return groups.flatMap { group in
            defer { errorsBefore += group.wrong }
            let share = Double(group.wrong) / Double(group.places.count)
            return group.places.map { place in
                let errors = Double(errorsBefore) + share * Double(place - group.places.lowerBound + 1)
                return errors / Double(place + 1)
            }
        }
    }
}
