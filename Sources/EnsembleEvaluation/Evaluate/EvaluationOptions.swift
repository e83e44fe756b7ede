import EnsembleKernel
import KernelPrediction

/// Options of `evaluate`.
public struct EvaluationOptions: Sendable {
    /// Which cascade of the first run and an ensemble is looked at.
    public struct Cascade: Sendable {
        /// Runs of the ensemble, the first among them.
        public var runs: Int
        /// Cost of the first run.
        public var firstCost: Double
        /// Cost of the others together.
        public var othersCost: Double
        /// Share of the examples that is to be accepted.
        public var coverage: Double

        /// A cascade of the first run and an ensemble of `runs`.
        public init(runs: Int, firstCost: Double, othersCost: Double, coverage: Double) {
            self.runs = runs
            self.firstCost = firstCost
            self.othersCost = othersCost
            self.coverage = coverage
        }
    }

    /// Numbers of runs at which ensembles are measured; nil for 1, 2, 5, 10, 20, 50 ... and all.
    public var sizes: [Int]?
    /// Ensembles of each size, at most, where there are so many different ones.
    public var subsets = 10
    /// Seed of the subsets, and of the halves of the calibrated likelihood.
    public var seed: UInt64 = 0
    /// Whether the kernel's votes are measured too, where there are logits and labels to vote.
    public var kernel = true
    /// The kernel's vote: of more neighbors than that of `predict`, and weighted by a higher power, since good
    /// probabilities take more voters than good answers.
    public var vote = NearestVote(.weighted(power: 8), k: 101)
    /// The search for them; its memory and threads serve the measurements, too.
    public var search = SearchOptions()
    /// The cascade to look at, where one is.
    public var cascade: Cascade?

    /// The defaults.
    public init() {}

    /// 1, 2, 5, 10, 20, 50 ... below `runs`, and `runs`.
    package static func usualSizes(_ runs: Int) -> [Int] {
        let decades = sequence(first: 1) { $0 * 10 }.lazy.flatMap { [$0, 2 * $0, 5 * $0] }
        return decades.prefix { $0 < runs } + [runs]
    }

    /// Every size up to 20, then a quarter more each time, and ``usualSizes(_:)``: the points of the curve of deep
    /// ensembles.
    package static func curveSizes(_ runs: Int) -> [Int] {
        let quarters = sequence(first: 20) { $0 + ($0 + 3) / 4 }.prefix { $0 < runs }
        return Set(Array(1...min(20, runs)) + quarters + usualSizes(runs)).sorted()
    }
}
