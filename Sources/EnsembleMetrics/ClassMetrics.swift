/// How well the examples of one class are predicted, and what is taken for them.
public struct ClassMetrics: Codable, Equatable, Sendable {
    /// Number of examples with this label, of those predicted as this class, and of those that are both.
    public let examples, predicted, correct: Int

    /// The share of the examples with this label that are predicted correctly. Absent if there are none.
    public let recall: Double?
    /// The share of the examples predicted as this class that have the label. Absent if there are none.
    public let precision: Double?
    /// The harmonic mean of precision and recall. Absent if there are neither such labels nor such predictions.
    public let f1: Double?

    private init(examples: Int, predicted: Int, correct: Int) {
        func share(_ part: Int, of whole: Int) -> Double? { whole == 0 ? nil : Double(part) / Double(whole) }
        (self.examples, self.predicted, self.correct) = (examples, predicted, correct)
        recall = share(correct, of: examples)
        precision = share(correct, of: predicted)
        f1 = share(2 * correct, of: examples + predicted)
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
