import Platform

/// The predictions of a classifier with C classes for M examples with known labels.
public struct Predictions: Sendable {
    /// Natural logarithms of the class probabilities, shape (M, C), row-major.
    public let logProbabilities: [Double]
    /// Number of classes C.
    public let classes: Int
    /// The label of each of the M examples, in 0..<C.
    public let labels: [Int32]

    /// The logarithm of the smallest normal number, used for a probability of 0 so that a wrong prediction made with
    /// certainty costs much, but not infinitely much.
    public static let leastLogProbability = log(Double.leastNormalMagnitude)

    /// Predictions from log-probabilities, shape (M, C); the probabilities of each row sum to 1.
    ///
    /// - Precondition: C times as many logarithms as labels, at least one label, and all labels in 0..<C.
    public init(logProbabilities: [Double], classes: Int, labels: [Int32]) {
        precondition(!labels.isEmpty && classes >= 1 && logProbabilities.count == labels.count * classes)
        precondition(labels.allSatisfy { 0..<Int32(classes) ~= $0 }, "a label is not a class")
        self.logProbabilities = logProbabilities.map { max($0, Self.leastLogProbability) }
        self.classes = classes
        self.labels = labels
    }

    /// Predictions from probabilities, shape (M, C), which sum to 1 in each row.
    public init(probabilities: [Double], classes: Int, labels: [Int32]) {
        self.init(logProbabilities: probabilities.map { log($0) }, classes: classes, labels: labels)
    }

    /// The product of experts: probabilities proportional to those of both, p q.
    ///
    /// - Precondition: `other` is of the same examples and classes.
    public func product(with other: Predictions) -> Predictions {
        precondition(other.labels == labels && other.classes == classes)
        var product = zip(logProbabilities, other.logProbabilities).map { $0 + $1 }
        for first in stride(from: 0, to: product.count, by: classes) {
            product.normalizeLogarithms(in: first..<first + classes)
        }
        return Predictions(logProbabilities: product, classes: classes, labels: labels)
    }

    /// Number of examples M.
    public var examples: Int { labels.count }

    /// The most likely class of an example; the smallest class wins ties.
    func likeliestClass(of example: Int) -> Int {
        let row = logProbabilities[(example * classes)..<((example + 1) * classes)]
        var best = row.startIndex
        for place in row.indices where row[place] > row[best] { best = place }
        return best - row.startIndex
    }

    /// The most likely class of each example, as a prediction with its probability and correctness.
    public var answers: [ScoredPrediction] {
        labels.indices.map { example in
            let best = likeliestClass(of: example)
            return ScoredPrediction(
                confidence: exp(logProbabilities[example * classes + best]), isCorrect: best == Int(labels[example]))
        }
    }

    /// The class probabilities of an example.
    func probabilities(ofExample example: Int) -> [Double] {
        logProbabilities[(example * classes)..<((example + 1) * classes)].map { exp($0) }
    }

    /// The probability of a class for each example.
    func probabilities(of class: Int) -> [Double] {
        labels.indices.map { exp(logProbabilities[$0 * classes + `class`]) }
    }
}

extension Predictions {
    /// The predictions whose log-probabilities are those given, minus a constant in each row.
    func normalizing(_ value: (_ logarithm: Double, _ class: Int) -> Double) -> Predictions {
        var logarithms = logProbabilities
        for first in stride(from: 0, to: logarithms.count, by: classes) {
            for c in 0..<classes { logarithms[first + c] = value(logarithms[first + c], c) }
            logarithms.normalizeLogarithms(in: first..<first + classes)
        }
        return Predictions(logProbabilities: logarithms, classes: classes, labels: labels)
    }
}

extension [Double] {
    /// Subtracts the logarithm of the sum of the exponentials of a row from it.
    mutating func normalizeLogarithms(in row: Range<Int>) {
        let largest = self[row].reduce(-.infinity) { Swift.max($0, $1) }
        let logOfSum = largest + log(self[row].reduce(0) { $0 + exp($1 - largest) })
        for place in row { self[place] -= logOfSum }
    }
}
