/// How much the members of an ensemble differ, and what that is worth: the loss of the ensemble is the mean loss of its
/// members less a gap. For averages of logits and for the Brier score the gap needs no labels.
///
/// Source: Krogh and Vedelsby, "Neural network ensembles, cross validation, and active learning", 1995; Wood et al., "A
/// unified theory of diversity in ensemble learning", 2023.
public struct Diversity: Codable, Equatable, Sendable {
    /// Share of the pairs of two members that give different answers; nil for a single member.
    public let pairwiseDisagreement: Double?
    /// Mean negative log-likelihood of a member.
    public let meanMemberNLL: Double
    /// Mean Brier score of a member.
    public let meanMemberBrier: Double
    /// By how much the average of probabilities has a smaller negative log-likelihood than a member.
    public let gapOfProbabilities: Double
    /// The same of the average of logits.
    public let gapOfLogits: Double
    /// By how much the average of probabilities has a smaller Brier score than a member: the variance of the
    /// probabilities over the members, divided by their number, summed over the classes.
    public let gapOfBrier: Double

    private enum CodingKeys: String, CodingKey {
        case pairwiseDisagreement = "pairwise_disagreement"
        case meanMemberNLL = "mean_member_nll"
        case meanMemberBrier = "mean_member_brier"
        case gapOfProbabilities = "gap_probabilities"
        case gapOfLogits = "gap_logits"
        case gapOfBrier = "gap_brier"
    }
}

extension Diversity {
    /// Part by part what `combine` makes of the values of several ensembles of as many members.
    init(combining ensembles: [Diversity], by combine: ([Double]) -> Double) {
        func of(_ part: KeyPath<Diversity, Double>) -> Double { combine(ensembles.map { $0[keyPath: part] }) }
        let disagreements = ensembles.compactMap(\.pairwiseDisagreement)
        self.init(
            pairwiseDisagreement: disagreements.isEmpty ? nil : combine(disagreements),
            meanMemberNLL: of(\.meanMemberNLL), meanMemberBrier: of(\.meanMemberBrier),
            gapOfProbabilities: of(\.gapOfProbabilities), gapOfLogits: of(\.gapOfLogits), gapOfBrier: of(\.gapOfBrier))
    }
}
