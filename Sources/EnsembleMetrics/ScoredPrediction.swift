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
        let sorted = sorted { $0.confidence > $1.confidence }
        var ranked: [(confidence: Double, accuracy: Double)] = []
        ranked.reserveCapacity(count)
        var first = 0
        while first < sorted.count {
            let confidence = sorted[first].confidence
            var (end, right) = (first, 0)
            while end < sorted.count, sorted[end].confidence == confidence {
                right += sorted[end].isCorrect ? 1 : 0
                end += 1
            }
            let accuracy = Double(right) / Double(end - first)
            ranked += repeatElement((confidence: confidence, accuracy: accuracy), count: end - first)
            first = end
        }
        return ranked
    }
}
