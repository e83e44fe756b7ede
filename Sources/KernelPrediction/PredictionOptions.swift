import EnsembleKernel

/// Options of `predict`.
public struct PredictionOptions: Sendable {
    /// The votes of the k nearest.
    public struct Votes: Equatable, Sendable {
        /// Neighbors of the majority vote.
        public var k = 3
        /// Neighbors of the weighted vote.
        public var weightedK = 20
        /// Power of the similarity in the weighted vote.
        public var power = 4.0
        /// Neighbors kept for each test example: no fewer than vote.
        public var kMax = 101
        /// Whether a vote is chosen by its accuracy on the training examples, predicted from one another.
        public var selectsByLeaveOneOut = false

        /// The defaults: those of the data set card kjj0/cifar10-multirun-logits.
        public init() {}

        /// The majority vote.
        public var majority: NearestVote { NearestVote(.majority, k: k) }
        /// The weighted vote.
        public var weighted: NearestVote { NearestVote(.weighted(power: power), k: weightedK) }
        /// The ks at which the summary tells the accuracy of both rules: as far as so many neighbors are kept.
        public var sweep: [Int] { [1, 3, 5, 7, 9, 11, 15, 25, 51, 101].filter { $0 <= kMax } }

        /// Every vote that is counted.
        var all: Set<NearestVote> {
            Set(sweep.flatMap { [NearestVote(.majority, k: $0), NearestVote(weighted.vote, k: $0)] })
                .union([majority, weighted])
        }
    }

    /// The votes.
    public var votes = Votes()
    /// The search for neighbors.
    public var search = SearchOptions()
    /// Ranks that were started and take no part.
    public var idleRanks = 0

    /// The defaults.
    public init() {}
}
