import EnsembleKernel
import EnsembleMetrics
import KernelPrediction

/// Options of the command `evaluate`.
public struct EvaluationOptions: Sendable {
    /// The cascade of ensembles that is evaluated.
    public struct Cascade: Sendable {
        /// An ensemble of the cascade.
        public struct Stage: Sendable {
            /// Number of its runs, those of the stage before it among them.
            public var runs: Int
            /// Cost per example of the runs that the stage before it does not have.
            public var cost: Double

            /// A stage of some runs.
            public init(runs: Int, cost: Double) { (self.runs, self.cost) = (runs, cost) }
        }

        /// The stages, at least two, by ascending number of runs.
        public var stages: [Stage]
        /// What the threshold between acceptance and rejection is chosen for.
        public var target: WindowCascade.Target
        /// The score of every stage.
        public var score: CertaintyScore

        /// A cascade of some stages.
        public init(stages: [Stage], target: WindowCascade.Target, score: CertaintyScore = .confidence) {
            (self.stages, self.target, self.score) = (stages, target, score)
        }
    }

    /// Numbers of runs of the ensembles that are measured; nil for 1, 2, 5, 10, 20, 50 ... and all.
    public var sizes: [Int]?
    /// Training costs, in passes over the training examples, at which ensembles are compared; empty for none.
    public var budgets: [Double] = []
    /// The largest number of different ensembles of each size.
    public var subsets = 10
    /// Seed of the subsets, and of the halves of the calibrated likelihood.
    public var seed: UInt64 = 0
    /// Whether to measure the kernel's votes too, if there are logits and labels for voting.
    public var kernel = true
    /// Number of nearest examples by which the kernel is scaled (`LocalScaling`); nil to leave it as it is.
    public var scaling: Int?
    /// The kernel's vote: with more neighbors than in `predict`, and a higher power, since good probabilities take more
    /// voters than good predictions. Of the scaled kernel a `Vote.local`.
    public var vote = Self.usualVote
    /// The usual vote of the kernel as it is.
    public static let usualVote = NearestVote(.weighted(power: 8), k: 101)
    /// The usual vote of the locally scaled kernel.
    public static let usualLocalVote = NearestVote(.local(power: 4), k: 50)
    /// Options of the search for the voters; its memory and threads are used for the measurements, too.
    public var search = SearchOptions()
    /// The calibrators to compare; empty for none.
    public var calibrators: [Calibrator] = []
    /// The share of conformal sets that may miss the label, in 0..<1; nil to make none.
    public var conformalError: Double?
    /// The probability, in 0..<1, with which fewer runs may vote otherwise than all once an example is settled; nil not
    /// to ask when that is.
    public var settledError: Double?
    /// The cascade to evaluate; nil for none.
    public var cascade: Cascade?

    /// The default options.
    public init() {}

    /// The numbers 1, 2, 5, 10, 20, 50 ... below `runs`, followed by `runs`.
    package static func usualSizes(_ runs: Int) -> [Int] {
        let decades = sequence(first: 1) { $0 * 10 }.lazy.flatMap { [$0, 2 * $0, 5 * $0] }
        return decades.prefix { $0 < runs } + [runs]
    }

    /// Every number up to 20, then steps of a quarter, and ``usualSizes(_:)``: the sizes in the curve of deep
    /// ensembles.
    package static func curveSizes(_ runs: Int) -> [Int] {
        let quarters = sequence(first: 20) { $0 + ($0 + 3) / 4 }.prefix { $0 < runs }
        return Set(Array(1...min(20, runs)) + quarters + usualSizes(runs)).sorted()
    }
}
