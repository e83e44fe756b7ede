/// A prediction made with some confidence, and its correctness.
public struct ScoredPrediction: Codable, Equatable, Sendable {
    /// The probability assigned to the prediction.
    public let confidence: Double
    /// Whether the prediction is correct.
    public let isCorrect: Bool

    /// A prediction with the given confidence.
    public init(confidence: Double, isCorrect: Bool) {
        self.confidence = confidence
        self.isCorrect = isCorrect
    }
}

extension [ScoredPrediction] {
    /// The predictions by descending confidence, each with the share of correct ones among all of the same confidence
    /// instead of its own correctness: no measure may depend on the order of ties.
    var rankedByConfidence: [(confidence: Double, accuracy: Double)] {
        let ordered = sorted { $0.confidence > $1.confidence }
        return ErrorDetection.groups(ordered.map(\.confidence), ordered.map(\.isCorrect)).flatMap { group in
            let accuracy = Double(group.places.count - group.wrong) / Double(group.places.count)
            return group.places.map { (confidence: ordered[$0].confidence, accuracy: accuracy) }
        }
    }
}
