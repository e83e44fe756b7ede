import Foundation

/// What a classifier says of M examples of C classes whose labels are known.
public struct Predictions: Sendable {
    /// Natural logarithms of the class probabilities, shape (M, C), row-major.
    public let logProbabilities: [Double]
    /// Number of classes C.
    public let classes: Int
    /// The class of each of the M examples, in 0..<C.
    public let labels: [Int32]

    /// The logarithm of the smallest normal number: what a probability of 0 counts as, so that a sure and wrong answer
    /// costs much, but not everything.
    public static let leastLogProbability = log(Double.leastNormalMagnitude)

    /// Predictions by the logarithms of probabilities, shape (M, C), which sum to 1 in each row.
    ///
    /// - Precondition: C times as many logarithms as labels, at least one of these, all in 0..<C.
    public init(logProbabilities: [Double], classes: Int, labels: [Int32]) {
        precondition(!labels.isEmpty && classes >= 1 && logProbabilities.count == labels.count * classes)
        precondition(labels.allSatisfy { 0..<Int32(classes) ~= $0 }, "a label is no class")
        self.logProbabilities = logProbabilities.map { max($0, Self.leastLogProbability) }
        self.classes = classes
        self.labels = labels
    }

    /// Predictions by probabilities, shape (M, C), which sum to 1 in each row.
    public init(probabilities: [Double], classes: Int, labels: [Int32]) {
        self.init(logProbabilities: probabilities.map { log($0) }, classes: classes, labels: labels)
    }

    /// Number of examples M.
    public var examples: Int { labels.count }

    /// The likeliest class of an example, ties to the smallest.
    func likeliestClass(of example: Int) -> Int {
        let row = logProbabilities[(example * classes)..<((example + 1) * classes)]
        var best = row.startIndex
        for place in row.indices where row[place] > row[best] { best = place }
        return best - row.startIndex
    }

    /// The likeliest class of each example, with its probability and whether it is right.
    public var answers: [ScoredPrediction] {
        labels.indices.map { example in
            let best = likeliestClass(of: example)
            return ScoredPrediction(
                confidence: exp(logProbabilities[example * classes + best]), isRight: best == Int(labels[example]))
        }
    }

    /// The probability of a class for each example.
    func probabilities(of class: Int) -> [Double] {
        labels.indices.map { exp(logProbabilities[$0 * classes + `class`]) }
    }
}
