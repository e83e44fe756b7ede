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
    /// Predictions of the same confidence: their places among all by descending confidence, and how many are wrong.
    typealias Group = (confidence: Double, places: Range<Int>, wrong: Int)

    /// The predictions by descending confidence, those of the same confidence together: no measure may depend on the
    /// order of ties.
    var groupsByConfidence: [Group] {
        let sorted = sorted { $0.confidence > $1.confidence }
        var groups: [Group] = []
        var first = 0
        while first < sorted.count {
            let confidence = sorted[first].confidence
            var (end, wrong) = (first, 0)
            while end < sorted.count, sorted[end].confidence == confidence {
                wrong += sorted[end].isCorrect ? 0 : 1
                end += 1
            }
            groups.append((confidence, first..<end, wrong))
            first = end
        }
        return groups
    }

    /// The predictions by descending confidence, each with the share of correct ones among all of the same confidence
    /// instead of its own correctness.
    var rankedByConfidence: [(confidence: Double, accuracy: Double)] {
        groupsByConfidence.flatMap { group in
            let accuracy = Double(group.places.count - group.wrong) / Double(group.places.count)
            return repeatElement((confidence: group.confidence, accuracy: accuracy), count: group.places.count)
        }
    }
}

extension [[ScoredPrediction].Group] {
    /// The last group of which and of those before it at most the share `risk` of the predictions is wrong; nil if
    /// there is none.
    func lastWithin(risk: Double) -> [ScoredPrediction].Group? {
        var (wrong, last) = (0, nil as [ScoredPrediction].Group?)
        for group in self {
            wrong += group.wrong
            if Double(wrong) / Double(group.places.upperBound) <= risk { last = group }
        }
        return last
    }
}
