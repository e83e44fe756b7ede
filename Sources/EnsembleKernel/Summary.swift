import ArrayFiles
import Foundation
import MessagePassing

/// What `summary.json` says of a prediction. Keys are only ever added; fractions, seconds, bytes.
public struct Summary: Codable, Equatable, Sendable {
    /// What the ensemble holds.
    public struct EnsembleSize: Codable, Equatable, Sendable {
        /// Runs R, test examples T, train examples N and classes C.
        public var runs, test, train, classes: Int
        /// The files of the logits, in the order of their runs.
        public var sources: [String]
    }

    /// Fractions of the test examples that are predicted right.
    public struct Accuracy: Codable, Equatable, Sendable {
        /// The majority vote of the k nearest.
        public struct Majority: Codable, Equatable, Sendable {
            /// Neighbours that vote.
            public var k: Int
            /// Fraction right.
            public var accuracy: Double
        }

        /// The vote of the k nearest, each with weight similarity^power.
        public struct Weighted: Codable, Equatable, Sendable {
            /// Neighbours that vote.
            public var k: Int
            /// Power of the similarity.
            public var power: Double
            /// Fraction right.
            public var accuracy: Double
        }

        /// Mean over the runs.
        public var single_model_mean: Double
        /// Standard deviation over the runs, with R - 1.
        public var single_model_std: Double
        /// Of the mean of the logits.
        public var ensemble_logits: Double
        /// Of the mean of the probabilities.
        public var ensemble_probabilities: Double
        /// Absent without labels of the train examples.
        public var kernel_majority: Majority?
        /// Absent without labels of the train examples.
        public var kernel_weighted: Weighted?
    }

    /// Accuracy of both votes by the number of neighbours.
    public struct Sweep: Codable, Equatable, Sendable {
        /// Numbers of neighbours.
        public var k: [Int]
        /// Fractions right by the majority vote.
        public var majority: [Double]
        /// Fractions right by the weighted vote.
        public var weighted: [Double]
    }

    /// The vote that was chosen without a look at test labels.
    public struct Selection: Codable, Equatable, Sendable {
        /// How: by leaving each train example out.
        public var by = "loo"
        /// The vote, with its accuracy on the train examples.
        public var chosen: LeaveOneOut.Candidate
        /// Fraction of the test examples that it predicts right; absent without labels of these.
        public var accuracy: Double?
        /// All votes that were tried.
        public var candidates: [LeaveOneOut.Candidate]
    }

    /// Counts of (example, class) whose x is the same in all runs, and adds nothing to the kernel.
    public struct ZeroVariance: Codable, Equatable, Sendable {
        /// Among the test examples.
        public var test: Int
        /// Among the train examples.
        public var train: Int
    }

    /// The process grid.
    public struct Grid: Codable, Equatable, Sendable {
        /// Ranks that share the runs.
        public var runs: Int
        /// Ranks that share the train examples.
        public var train: Int
    }

    /// Largest resident memory in bytes.
    public struct PeakMemory: Codable, Equatable, Sendable {
        /// Of the rank that used most, pages of mapped files included.
        public var max_rank: Int
        /// Of all ranks, pages of mapped files included: those of one host count once for each of its ranks.
        public var sum: Int
        /// Of the rank that used most, without pages of files.
        public var max_rank_without_files: Int
        /// Of all ranks, without pages of files.
        public var sum_without_files: Int
    }

    /// The command that was run.
    public var command = "predict"
    /// The program's version.
    public var version: String
    /// What was predicted from.
    public var ensemble: EnsembleSize
    /// What the logits became before they were standardised.
    public var transform: Transform
    /// Absent without labels of the test examples.
    public var accuracy: Accuracy?
    /// Absent without labels of the test or the train examples.
    public var k_sweep: Sweep?
    /// Absent unless a vote was to be chosen.
    public var selection: Selection?
    /// Neighbours kept of each test example: the second extent of `neighbors.npy`.
    public var neighbors: Int
    /// What adds nothing to the kernel.
    public var zero_variance: ZeroVariance
    /// Number of ranks that were started.
    public var ranks: Int
    /// How the ranks shared the work.
    public var grid: Grid
    /// Threads of each rank.
    public var threads_per_rank: Int
    /// Arithmetic in which all pairs were compared.
    public var screen: Screen
    /// Pairs that were computed from the high digits of their numbers, on all ranks, to see which need more.
    public var narrowed_pairs: Int
    /// Pairs that were computed exactly, on all ranks.
    public var refined_pairs: Int
    /// Bytes that each rank was allowed.
    public var memory_limit_bytes: Int
    /// Of the slowest rank, phase by phase.
    public var seconds: PhaseSeconds
    /// Payload of the collectives, all ranks together.
    public var bytes_communicated: Int
    /// Memory of the ranks.
    public var peak_memory_bytes: PeakMemory
    /// What each rank did, in the order of the ranks that took part.
    public var rank_activity: [RankActivity]

    /// Collective over the grid's world: every rank calls it, and all get the same.
    init(
        job: JobSize, options: PredictionOptions, ensemble: Ensemble, average: EnsembleAverage, votes: VoteCounts,
        found: NeighbourSearch.Result, leaveOneOut: LeaveOneOut?, seconds: PhaseSeconds, activity: Activity.Reading,
        grid: RankGrid,
        version: String
    ) throws {
        let world = grid.world
        let hits = try world.allreduce(votes.hits, .sum)
        let fractions = hits.map { Double($0) / Double(job.test) }
        if let labels = ensemble.testLabels {
            accuracy = Accuracy(average, labels: labels)
            if fractions.count >= 3 {
                accuracy?.kernel_majority = .init(k: options.k, accuracy: fractions[0])
                accuracy?.kernel_weighted = .init(k: options.weightedK, power: options.power, accuracy: fractions[1])
                let sweep = votes.sweep.count
                k_sweep = Sweep(
                    k: votes.sweep, majority: Array(fractions[3..<3 + sweep]),
                    weighted: Array(fractions[(3 + sweep)...]))
            }
        }
        if let leaveOneOut {
            selection = Selection(
                chosen: leaveOneOut.chosen, accuracy: fractions.count >= 3 ? fractions[2] : nil,
                candidates: leaveOneOut.candidates)
        }
        self.version = version
        self.ensemble = EnsembleSize(
            runs: job.runs, test: job.test, train: job.train, classes: job.classes, sources: ensemble.sources)
        transform = options.transform
        neighbors = job.neighbours
        zero_variance = ZeroVariance(test: found.zeroVarianceTest, train: found.zeroVarianceTrain)
        ranks = world.size + options.idleRanks
        self.grid = Grid(runs: grid.shape.runs, train: grid.shape.train)
        threads_per_rank = options.threads
        screen = options.screen
        memory_limit_bytes = options.memory
        narrowed_pairs = try world.allreduce(found.narrowedPairs, .sum)
        refined_pairs = try world.allreduce(found.refinedPairs, .sum)
        self.seconds = try seconds.slowest(over: world)
        bytes_communicated = try world.allreduce(grid.bytesCommunicated, .sum)
        let (peak, withoutFiles) = (ResidentMemory.peak, ResidentMemory.peakWithoutFiles)
        peak_memory_bytes = PeakMemory(
            max_rank: try world.allreduce(peak, .max), sum: try world.allreduce(peak, .sum),
            max_rank_without_files: try world.allreduce(withoutFiles, .max),
            sum_without_files: try world.allreduce(withoutFiles, .sum))
        rank_activity = try RankActivity.gathered(seconds, activity, bytes: grid.bytesCommunicated, world: world)
    }

    /// Ranks without any run or without any training example.
    public var idleRanks: Int { ranks - min(grid.runs, ensemble.runs) * min(grid.train, ensemble.train) }

    /// As JSON, keys in alphabetical order.
    public func json() throws -> String {
        return String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}

extension Summary.Accuracy {
    /// The accuracies of the single models and of both ensembles; the standard deviation is that over the runs.
    init(_ average: EnsembleAverage, labels: [Int]) {
        func accuracy(_ prediction: [Int]) -> Double {
            Double(zip(prediction, labels).count { $0 == $1 }) / Double(labels.count)
        }
        let single = (average.hits?.ofRun ?? []).map { Double($0) / Double(labels.count) }
        let mean = single.reduce(0, +) / Double(single.count)
        let squares = single.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        single_model_mean = mean
        single_model_std = (squares / Double(single.count - 1)).squareRoot()
        ensemble_logits = accuracy(average.logitsPrediction)
        ensemble_probabilities = accuracy(average.probabilitiesPrediction)
    }
}
