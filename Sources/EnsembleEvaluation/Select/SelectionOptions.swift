/// Options of the command `select`.
public struct SelectionOptions: Sendable {
    /// Number of runs of the ensembles that are chosen.
    public var size = 10
    /// What the disagreement of two members costs in ``SelectionMethod/cohesive``, in units of log-likelihood; members
    /// that disagree are preferred if it is negative.
    public var cohesion = 1.0
    /// Seed of the divisions into halves, and of the random ensembles.
    public var seed: UInt64 = 0
    /// Number of threads of each rank.
    public var threads = 1
    /// Bytes that each rank may use.
    public var memory = 1 << 30

    /// The default options.
    public init() {}
}

/// A way to choose some runs of a pool, or to weight all of them.
public enum SelectionMethod: String, CaseIterable, Codable, Sendable {
    /// As many runs as asked for, at random: what the others have to beat.
    case random
    /// The runs with the highest likelihood.
    case best
    /// One run after the other, each time the one with which the average of probabilities has the highest likelihood.
    /// Source: Caruana et al., "Ensemble selection from libraries of models", 2004.
    case greedy
    /// One run after the other, each time the one that adds most to the sum of the members' mean log-likelihoods minus
    /// the sum over pairs of members of their disagreement: a submodular function. The form, quality plus cohesion, is
    /// that of Bachu et al., "Building a winning team: selecting source model ensembles using a submodular
    /// transferability estimation approach", 2023.
    case cohesive
    /// All runs, with the weights for which the weighted average of probabilities has the highest likelihood. Source:
    /// Yao et al., "Using stacking to average Bayesian predictive distributions", 2018.
    case stacking
    /// All runs, with their posterior probabilities given the labels, if all were equally probable before.
    case bayes
    /// All runs with equal weights.
    case all
}
