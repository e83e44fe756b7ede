import Platform

/// Sums over the members of an ensemble of their predictions for M examples: sufficient for the averages of the
/// ensemble and the diversity of its members. Members are added one by one, and never held together.
public struct MemberSums: Sendable {
    /// Number of members.
    public let members: Int
    /// Number of classes C.
    public let classes: Int
    /// The labels of the examples.
    public let labels: [Int32]
    /// Shape (M, 3 C + 1): for each example and class the sum of log p, the sum of p, and the number of members for
    /// which the class is the most likely; and the sum over members and classes of p^2.
    private let sums: [Double]

    /// Numbers per example: 3 C + 1.
    public static func terms(classes: Int) -> Int { 3 * classes + 1 }

    /// Sums of shape (M, 3 C + 1): for each example the sums over the members of log p (C), p (C) and votes (C), and of
    /// p^2 over the classes as well.
    ///
    /// - Precondition: At least one member and one example.
    public init(members: Int, classes: Int, labels: [Int32], sums: [Double]) {
        precondition(members >= 1 && !labels.isEmpty && sums.count == labels.count * Self.terms(classes: classes))
        self.members = members
        self.classes = classes
        self.labels = labels
        self.sums = sums
    }

    /// The sum of log p over the members, for an example and class.
    private func logProbability(_ example: Int, _ class: Int) -> Double {
        sums[example * Self.terms(classes: classes) + `class`]
    }
    /// The sum of p over the members, for an example and class.
    private func probability(_ example: Int, _ class: Int) -> Double { logProbability(example, classes + `class`) }
    /// Number of members for which this class is the most likely.
    private func votes(_ example: Int, _ class: Int) -> Double { logProbability(example, 2 * classes + `class`) }
    /// Sum of p^2 over members and classes.
    private func squares(_ example: Int) -> Double { logProbability(example, 3 * classes) }

    /// The sums for some of the examples.
    package func selecting(_ some: some Sequence<Int32>) -> MemberSums {
        let terms = Self.terms(classes: classes)
        let chosen = some.map(Int.init)
        return MemberSums(
            members: members, classes: classes, labels: chosen.map { labels[$0] },
            sums: chosen.flatMap { sums[$0 * terms..<($0 + 1) * terms] })
    }

    /// The ensemble that averages the probabilities.
    public var averageOfProbabilities: Predictions {
        Predictions(
            probabilities: forEachClass { probability($0, $1) / Double(members) }, classes: classes, labels: labels)
    }

    /// The ensemble that averages the logits: the normalized geometric mean of the probabilities.
    public var averageOfLogits: Predictions {
        let gaps = geometricGaps
        return Predictions(
            logProbabilities: forEachClass { logProbability($0, $1) / Double(members) + gaps[$0] }, classes: classes,
            labels: labels)
    }

    /// The diversity of the members.
    public var diversity: Diversity {
        let count = Double(members)
        func mean(_ ofExample: (_ example: Int, _ label: Int) -> Double) -> Double {
            labels.indices.reduce(0) { $0 + ofExample($1, Int(labels[$1])) } / Double(labels.count)
        }
        func sumOverClasses(_ value: (Int) -> Double) -> Double { (0..<classes).reduce(0) { $0 + value($1) } }
        let memberLoss = mean { -logProbability($0, $1) / count }
        let average = averageOfProbabilities
        let predictions = labels.indices.map { average.likeliestClass(of: $0) }
        let gaps = geometricGaps
        let agreement = mean { example, _ in sumOverClasses { votes(example, $0) * (votes(example, $0) - 1) } }
        return Diversity(
            pairwiseDisagreement: members < 2 ? nil : 1 - agreement / (count * (count - 1)),
            meanMemberNLL: memberLoss,
            meanMemberBrier: mean { squares($0) / count - 2 * probability($0, $1) / count + 1 },
            gapOfProbabilities: memberLoss - average.negativeLogLikelihood,
            gapOfLogits: mean { example, _ in gaps[example] },
            gapOfBrier: mean { example, _ in
                squares(example) / count
                    - sumOverClasses { probability(example, $0) / count * (probability(example, $0) / count) }
            },
            correctWithoutMembers: members < 2
                ? nil : mean { predictions[$0] == $1 && votes($0, $1) == 0 ? 1 : 0 },
            wrongAgainstMembers: members < 2
                ? nil : mean { predictions[$0] != $1 && 2 * votes($0, $1) > count ? 1 : 0 })
    }

    /// For every example, minus the logarithm of the sum over classes of the geometric means of the probabilities.
    private var geometricGaps: [Double] {
        labels.indices.map { example in
            let means = (0..<classes).map { logProbability(example, $0) / Double(members) }
            let largest = means.max() ?? 0
            return -largest - log(means.reduce(0) { $0 + exp($1 - largest) })
        }
    }

    /// The values for all examples and classes, shape (M, C).
    private func forEachClass(_ value: (_ example: Int, _ class: Int) -> Double) -> [Double] {
        labels.indices.flatMap { example in (0..<classes).map { value(example, $0) } }
    }
}
