import Foundation

/// What the members of an ensemble say of some examples, summed over the members: an element an example. Where members
/// are many they are summed as they come, and never held together.
public struct MemberSums: Sendable {
    /// Number of members.
    public private(set) var members = 0
    /// Number of classes.
    public let classes: Int
    /// The classes of the examples.
    public let labels: [Int32]
    /// Sums of the probabilities, shape (M, C).
    private var probabilities: [Double]
    /// Sums of their logarithms, shape (M, C).
    private var logProbabilities: [Double]
    /// Members whose likeliest class it is, shape (M, C).
    private var votes: [Int32]
    /// Sums of the squared probabilities of all classes.
    private var squares: [Double]

    /// No members yet, of predictions of `classes` classes for examples of the given labels.
    public init(classes: Int, labels: [Int32]) {
        self.classes = classes
        self.labels = labels
        probabilities = Array(repeating: 0, count: labels.count * classes)
        logProbabilities = probabilities
        votes = Array(repeating: 0, count: labels.count * classes)
        squares = Array(repeating: 0, count: labels.count)
    }

    /// Adds a member. Its predictions are of the same examples.
    public mutating func add(_ member: Predictions) {
        precondition(member.classes == classes && member.examples == labels.count)
        members += 1
        for example in labels.indices {
            for place in (example * classes)..<((example + 1) * classes) {
                let logProbability = member.logProbabilities[place]
                let probability = exp(logProbability)
                probabilities[place] += probability
                logProbabilities[place] += logProbability
                squares[example] += probability * probability
            }
            votes[example * classes + member.likeliestClass(of: example)] += 1
        }
    }

    /// The ensemble that averages the probabilities.
    public var averageOfProbabilities: Predictions {
        Predictions(
            probabilities: probabilities.map { $0 / Double(members) }, classes: classes, labels: labels)
    }

    /// The ensemble that averages the logits: the normalised geometric mean of the probabilities.
    public var averageOfLogits: Predictions {
        let gaps = geometricGaps
        let logs = logProbabilities.indices.map { logProbabilities[$0] / Double(members) + gaps[$0 / classes] }
        return Predictions(logProbabilities: logs, classes: classes, labels: labels)
    }

    /// How much the members differ.
    public var diversity: Diversity {
        let (examples, count) = (Double(labels.count), Double(members))
        func mean(_ ofExample: (Int) -> Double) -> Double { labels.indices.reduce(0) { $0 + ofExample($1) } / examples }
        func place(_ example: Int) -> Int { example * classes + Int(labels[example]) }
        func sumOverClasses(_ example: Int, _ value: (Int) -> Double) -> Double {
            (0..<classes).reduce(0) { $0 + value(example * classes + $1) }
        }
        let memberLoss = mean { -logProbabilities[place($0)] / count }
        let gaps = geometricGaps
        return Diversity(
            pairwiseDisagreement: members < 2
                ? nil
                : 1
                    - mean { example in
                        sumOverClasses(example) { Double(votes[$0]) * (Double(votes[$0]) - 1) } / (count * (count - 1))
                    },
            meanMemberNLL: memberLoss,
            meanMemberBrier: mean { squares[$0] / count - 2 * probabilities[place($0)] / count + 1 },
            gapOfProbabilities: memberLoss - averageOfProbabilities.negativeLogLikelihood,
            gapOfLogits: mean { gaps[$0] },
            gapOfBrier: mean { example in
                squares[example] / count
                    - sumOverClasses(example) { probabilities[$0] / count * (probabilities[$0] / count) }
            })
    }

    /// -log of the sum over classes of the geometric means of the probabilities, of every example.
    private var geometricGaps: [Double] {
        labels.indices.map { example in
            let row = logProbabilities[(example * classes)..<((example + 1) * classes)]
            let largest = (row.max() ?? 0) / Double(members)
            return -largest - log(row.reduce(0) { $0 + exp($1 / Double(members) - largest) })
        }
    }
}
