/// A statement that is made with some confidence and turns out right or wrong.
public struct ScoredPrediction: Codable, Equatable, Sendable {
    /// The probability that is given to it.
    public let confidence: Double
    /// Whether it is right.
    public let isRight: Bool

    /// A statement of that confidence.
    public init(confidence: Double, isRight: Bool) {
        self.confidence = confidence
        self.isRight = isRight
    }
}

extension [ScoredPrediction] {
    /// The answers from the most confident on, with the share of right ones among all of the same confidence instead of
    /// being right or wrong: no measure may depend on the order of ties.
    var rankedByConfidence: [(confidence: Double, accuracy: Double)] {
        let sorted = sorted { $0.confidence > $1.confidence }
        var ranked: [(confidence: Double, accuracy: Double)] = []
        ranked.reserveCapacity(count)
        var first = 0
        while first < sorted.count {
            let confidence = sorted[first].confidence
            var (end, right) = (first, 0)
            while end < sorted.count, sorted[end].confidence == confidence {
                right += sorted[end].isRight ? 1 : 0
                end += 1
            }
            let accuracy = Double(right) / Double(end - first)
            ranked += repeatElement((confidence: confidence, accuracy: accuracy), count: end - first)
            first = end
        }
        return ranked
    }
}
