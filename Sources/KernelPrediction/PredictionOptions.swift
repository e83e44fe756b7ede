import EnsembleKernel
import Ensembles

/// Options of the command `predict`.
public struct PredictionOptions: Sendable {
    /// The votes of the k nearest neighbors.
    public struct Votes: Equatable, Sendable {
        /// Number of neighbors of the majority vote.
        public var k = 3
        /// Number of neighbors of the weighted vote.
        public var weightedK = 20
        /// Power of the similarity in the weighted vote.
        public var power = 4.0
        /// Number of neighbors kept for each test example: at least as many as vote.
        public var kMax = 101
        /// The class that wins of several that are equally frequent.
        public var ties = TieRule.smallest
        /// Whether to choose a vote by its leave-one-out accuracy on the training examples.
        public var selectsByLeaveOneOut = false
        /// Whether to predict with the product of the ensemble's and a vote's probabilities, too: of the vote by the
        /// locally scaled kernel if there is one, else of the weighted one.
        public var combines = false
        /// Whether to predict with neighbors among training and test examples at once, too, if the kernel is scaled.
        public var joinsTest = false

        /// The default options: those of the data set card of kjj0/cifar10-multirun-logits.
        public init() {}

        /// The same votes with no more neighbors than there are training examples.
        public func fitted(to training: Int) -> Votes {
            var votes = self
            (votes.k, votes.weightedK) = (min(k, training), min(weightedK, training))
            votes.kMax = min(kMax, training)
            return votes
        }

        /// The majority vote with its number of neighbors.
        public var majority: NearestVote { NearestVote(.majority, k: k) }
        /// The weighted vote with its number of neighbors.
        public var weighted: NearestVote { NearestVote(.weighted(power: power), k: weightedK) }
        /// The values of k for which the summary reports the accuracy of both rules: those up to `kMax`.
        public var sweep: [Int] { [1, 3, 5, 7, 9, 11, 15, 25, 51, 101].filter { $0 <= kMax } }

        /// The vote by the locally scaled kernel.
        public var local: NearestVote { NearestVote(.local(power: power), k: weightedK) }

        /// Every vote by the locally scaled kernel that is evaluated.
        var allLocal: Set<NearestVote> { Set(sweep.map { NearestVote(local.vote, k: $0) } + [local]) }

        /// Every vote by the kernel that is evaluated.
        var all: Set<NearestVote> {
            Set(sweep.flatMap { [NearestVote(.majority, k: $0), NearestVote(weighted.vote, k: $0)] })
                .union([majority, weighted])
        }
    }

    /// The images of the test and of the training examples.
    public typealias ExampleImages = (test: Images, train: Images)

    /// Options of the votes.
    public var votes = Votes()
    /// Number of nearest examples by which the kernel is scaled (``LocalScaling``), so that neighbors are those by S,
    /// and vote by it, too; nil to leave it as it is.
    public var scaling: Int?
    /// Options of the search for neighbors.
    public var search = SearchOptions()
    /// The images by whose pixels the same votes are held as a control; nil for none.
    public var controls: ExampleImages?
    /// Number of ranks that were started but take no part.
    public var idleRanks = 0

    /// The default options.
    public init() {}
}
