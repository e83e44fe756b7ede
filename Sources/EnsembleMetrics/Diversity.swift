/// The diversity of an ensemble's members, and its effect: the loss of the ensemble is the mean loss of its members
/// minus a gap. For averages of logits and for the Brier score the gap does not depend on the labels.
///
/// Source: Krogh and Vedelsby, "Neural network ensembles, cross validation, and active learning", 1995; Wood et al., "A
/// unified theory of diversity in ensemble learning", 2023.
public struct Diversity: Codable, Equatable, Sendable {
    /// Share of examples on which two members disagree, averaged over all pairs of members; nil for a single member.
    public let pairwiseDisagreement: Double?
    /// Mean over the members of the negative log-likelihood.
    public let meanMemberNLL: Double
    /// Mean over the members of the Brier score.
    public let meanMemberBrier: Double
    /// Gap of the average of probabilities: the mean negative log-likelihood of the members minus that of the average.
    public let gapOfProbabilities: Double
    /// Gap of the average of logits: the mean negative log-likelihood of the members minus that of the average.
    public let gapOfLogits: Double
    /// Gap of the Brier score of the average of probabilities: the variance of the probabilities over the members,
    /// divided by their number, summed over the classes.
    public let gapOfBrier: Double

    /// Share of examples that the average of probabilities predicts correctly, though no member does; nil for a single
    /// member, and in files of earlier versions.
    public let correctWithoutMembers: Double?
    /// Share of examples that the average of probabilities predicts wrongly, though more than half of the members are
    /// correct; nil for a single member, and in files of earlier versions.
    public let wrongAgainstMembers: Double?

    private enum CodingKeys: String, CodingKey {
        case pairwiseDisagreement = "pairwise_disagreement"
        case meanMemberNLL = "mean_member_nll"
        case meanMemberBrier = "mean_member_brier"
        case gapOfProbabilities = "gap_probabilities"
        case gapOfLogits = "gap_logits"
        case gapOfBrier = "gap_brier"
        case correctWithoutMembers = "correct_without_members"
        case wrongAgainstMembers = "wrong_against_members"
    }
}

extension Diversity {
    /// Combines the values of several ensembles of equal size, property by property.
    init(combining ensembles: [Diversity], by combine: ([Double]) -> Double) {
        func of(_ part: KeyPath<Diversity, Double>) -> Double { combine(ensembles.map { $0[keyPath: part] }) }
        func ofSome(_ part: KeyPath<Diversity, Double?>) -> Double? {
            let values = ensembles.compactMap { $0[keyPath: part] }
            return values.isEmpty ? nil : combine(values)
        }
        self.init(
            pairwiseDisagreement: ofSome(\.pairwiseDisagreement),
            meanMemberNLL: of(\.meanMemberNLL), meanMemberBrier: of(\.meanMemberBrier),
            gapOfProbabilities: of(\.gapOfProbabilities), gapOfLogits: of(\.gapOfLogits), gapOfBrier: of(\.gapOfBrier),
            correctWithoutMembers: ofSome(\.correctWithoutMembers),
            wrongAgainstMembers: ofSome(\.wrongAgainstMembers))
    }
}
