/// How well the examples of one class are predicted, and what is taken for them.
public struct ClassMetrics: Codable, Equatable, Sendable {
    /// Number of examples with this label, of those predicted as this class, and of those that are both.
    public let examples, predicted, correct: Int

    /// The share of the examples with this label that are predicted correctly. Absent if there are none.
    public var recall: Double? { Self.share(correct, of: examples) }
    /// The share of the examples predicted as this class that have the label. Absent if there are none.
    public var precision: Double? { Self.share(correct, of: predicted) }
    /// The harmonic mean of precision and recall. Absent if there are neither such labels nor such predictions.
    public var f1: Double? { Self.share(2 * correct, of: examples + predicted) }

    private enum CodingKeys: String, CodingKey {
        case examples, predicted, correct, recall, precision, f1
    }

    private init(examples: Int, predicted: Int, correct: Int) {
        (self.examples, self.predicted, self.correct) = (examples, predicted, correct)
    }

    private static func share(_ part: Int, of whole: Int) -> Double? {
        whole == 0 ? nil : Double(part) / Double(whole)
    }

    /// Decodes the numbers of examples.
    ///
    /// - Throws: `DecodingError` if a key is missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        examples = try container.decode(Int.self, forKey: .examples)
        predicted = try container.decode(Int.self, forKey: .predicted)
        correct = try container.decode(Int.self, forKey: .correct)
    }

    /// Encodes the numbers of examples and the shares.
    ///
    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(examples, forKey: .examples)
        try container.encode(predicted, forKey: .predicted)
        try container.encode(correct, forKey: .correct)
        try container.encodeIfPresent(recall, forKey: .recall)
        try container.encodeIfPresent(precision, forKey: .precision)
        try container.encodeIfPresent(f1, forKey: .f1)
    }

    /// Those of every class.
    ///
    /// - Precondition: As many predictions as labels, each in 0..<`classes`.
    public static func ofClasses(_ classes: Int, predictions: [Int], labels: [Int]) -> [ClassMetrics] {
        precondition(predictions.count == labels.count)
        var (examples, predicted, correct) = (
            [Int](repeating: 0, count: classes), [Int](repeating: 0, count: classes),
            [Int](repeating: 0, count: classes)
        )
        for (prediction, label) in zip(predictions, labels) {
            examples[label] += 1
            predicted[prediction] += 1
            if prediction == label { correct[label] += 1 }
        }
        return (0..<classes).map {
            ClassMetrics(examples: examples[$0], predicted: predicted[$0], correct: correct[$0])
        }
    }
}

/// An entry of a confusion matrix off its diagonal that is not 0.
public struct ConfusionCount: Codable, Equatable, Sendable {
    /// The label and the class that is predicted instead.
    public let label, predicted: Int
    /// Number of examples.
    public let count: Int

    /// All entries, the largest first; equal ones by label and prediction.
    public static func all(predictions: [Int], labels: [Int]) -> [ConfusionCount] {
        let mistaken = zip(labels, predictions).filter { $0 != $1 }.map { [$0, $1] }
        return Dictionary(grouping: mistaken, by: \.self)
            .map { ConfusionCount(label: $0[0], predicted: $0[1], count: $1.count) }
            .sorted { ($1.count, $0.label, $0.predicted) < ($0.count, $1.label, $1.predicted) }
    }
}
