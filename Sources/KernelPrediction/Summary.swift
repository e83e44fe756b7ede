import ArrayFiles
import EnsembleKernel
import Ensembles
import Foundation
import MessagePassing
import ParallelRanges
import UserMessages

/// What `summary.json` says of a prediction. Keys are only ever added; fractions, seconds, bytes.
public struct Summary: Codable, Equatable, Sendable {
    /// Fractions of the test examples that are predicted correctly.
    public struct Accuracy: Codable, Equatable, Sendable {
        /// The majority vote of the k nearest.
        public struct Majority: Codable, Equatable, Sendable {
            /// Neighbors that vote.
            public var k: Int
            /// Fraction correct.
            public var accuracy: Double
        }

        /// The vote of the k nearest, each with weight similarity^power.
        public struct Weighted: Codable, Equatable, Sendable {
            /// Neighbors that vote.
            public var k: Int
            /// Power of the similarity.
            public var power: Double
            /// Fraction correct.
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
        /// Absent without labels of the training examples.
        public var kernel_majority: Majority?
        /// Absent without labels of the training examples.
        public var kernel_weighted: Weighted?
    }

    /// Accuracy of both votes by the number of neighbors.
    public struct KSweep: Codable, Equatable, Sendable {
        /// Numbers of neighbors.
        public var k: [Int]
        /// Fractions correct by the majority vote.
        public var majority: [Double]
        /// Fractions correct by the weighted vote.
        public var weighted: [Double]
    }

    /// The vote that was chosen without a look at test labels.
    public struct Selection: Codable, Equatable, Sendable {
        /// How: by leaving each training example out.
        public var by = "loo"
        /// The vote, with its accuracy on the training examples.
        public var chosen: LeaveOneOut.Candidate
        /// Fraction of the test examples that it predicts correctly; absent without labels of these.
        public var accuracy: Double?
        /// All votes that were tried.
        public var candidates: [LeaveOneOut.Candidate]
    }

    /// Counts of (example, class) whose x is the same in all runs, and adds nothing to the kernel.
    public struct ZeroVariance: Codable, Equatable, Sendable {
        /// Among the test examples.
        public var test: Int
        /// Among the training examples.
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

        /// Collective over `world`: every rank calls it, and all get the same.
        init(over world: Communicator) throws {
            let (peak, withoutFiles) = (ResidentMemory.peak, ResidentMemory.peakWithoutFiles)
            max_rank = try world.allreduce(peak, .max)
            sum = try world.allreduce(peak, .sum)
            max_rank_without_files = try world.allreduce(withoutFiles, .max)
            sum_without_files = try world.allreduce(withoutFiles, .sum)
        }
    }

    /// The version of the format of `summary.json`. To be raised when a key changes its meaning.
    public static let format = 1

    /// The version of the file's format.
    public var format = Self.format
    /// The command that was run.
    public var command = "predict"
    /// The program's version.
    public var version: String
    /// The ensemble.
    public var ensemble: EnsembleSize
    /// The transform of the logits.
    public var transform: Transform
    /// Absent without labels of the test examples.
    public var accuracy: Accuracy?
    /// Absent without labels of the test or the training examples.
    public var k_sweep: KSweep?
    /// Absent unless a vote was to be chosen.
    public var selection: Selection?
    /// Neighbors kept of each test example: the second extent of `neighbors.npy`.
    public var neighbors: Int
    /// Constant outputs.
    public var zero_variance: ZeroVariance
    /// Number of ranks that were started.
    public var ranks: Int
    /// The process grid: ranks that shared the runs, and ranks that shared the training examples.
    public var grid: ProcessGrid
    /// Threads of each rank.
    public var threads_per_rank: Int
    /// The precision of the screening pass.
    public var screen: Screen
    /// CandidatePairs that were computed from the high limbs of their numbers, on all ranks, to see which need more.
    public var narrowed_pairs: Int
    /// CandidatePairs that were computed exactly, on all ranks.
    public var refined_pairs: Int
    /// Bytes that each rank was allowed.
    public var memory_limit_bytes: Int
    /// Of the slowest rank, phase by phase.
    public var seconds: PhaseSeconds
    /// Payload of the collectives, all ranks together.
    public var bytes_communicated: Int
    /// Memory of the ranks.
    public var peak_memory_bytes: PeakMemory
    /// The work of each rank, in the order of the ranks that took part.
    public var rank_activity: [RankActivity]

    /// Accuracies of all predictions, and the vote that was chosen.
    struct Accuracies {
        let accuracy: Accuracy?
        let sweep: KSweep?
        let selection: Selection?

        init(
            average: EnsembleAverage, labels: [Int]?, votes: PredictionOptions.Votes, counted: CountedVotes,
            leaveOneOut: LeaveOneOut?
        ) {
            var accuracy = labels.map { Accuracy(average, labels: $0) }
            accuracy?.kernel_majority = counted.accuracy(votes.majority).map { .init(k: votes.k, accuracy: $0) }
            accuracy?.kernel_weighted = counted.accuracy(votes.weighted).map {
                .init(k: votes.weightedK, power: votes.power, accuracy: $0)
            }
            self.accuracy = accuracy
            func ofSweep(_ vote: Vote) -> [Double] {
                votes.sweep.compactMap { counted.accuracy(NearestVote(vote, k: $0)) }
            }
            let (majority, weighted) = (ofSweep(.majority), ofSweep(votes.weighted.vote))
            sweep = majority.isEmpty ? nil : KSweep(k: votes.sweep, majority: majority, weighted: weighted)
            selection = leaveOneOut.map {
                Selection(
                    chosen: $0.chosen, accuracy: counted.accuracy($0.chosen.vote), candidates: $0.candidates)
            }
        }
    }

    /// Collective over the grid's world: every rank calls it, and all get the same.
    init(
        size: EnsembleSize, options: PredictionOptions, accuracies: Accuracies, found: NeighborSearch.Result,
        grid: RankGrid, ranks report: RankReport, version: String
    ) throws {
        let world = grid.world
        (accuracy, k_sweep, selection) = (accuracies.accuracy, accuracies.sweep, accuracies.selection)
        self.version = version
        ensemble = size
        transform = options.search.transform
        neighbors = options.votes.kMax
        zero_variance = ZeroVariance(test: found.zeroVarianceTest, train: found.zeroVarianceTrain)
        ranks = world.size + options.idleRanks
        self.grid = grid.shape
        threads_per_rank = options.search.threads
        screen = options.search.screen
        memory_limit_bytes = options.search.memory
        narrowed_pairs = try world.allreduce(found.counters.narrowedPairs, .sum)
        refined_pairs = try world.allreduce(found.counters.refinedPairs, .sum)
        (seconds, rank_activity) = (report.slowest, report.activity)
        bytes_communicated = report.bytesCommunicated
        peak_memory_bytes = try PeakMemory(over: world)
    }

    /// Ranks without any run or without any training example.
    public var idleRanks: Int { ranks - min(grid.runs, ensemble.runs) * min(grid.train, ensemble.train) }

    /// As JSON, keys in alphabetical order.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}

extension Summary.Accuracy {
    /// Every prediction by its name, with its accuracy: for tables.
    ///
    /// - Parameter selection: the vote that was chosen, where one was.
    package func rows(_ selection: Summary.Selection?) -> [(name: String, accuracy: Double)] {
        let spread = NumberText.percent(single_model_std)
        var rows = [
            ("single model (mean of the runs, ± \(spread))", single_model_mean),
            ("ensemble, mean of logits", ensemble_logits),
            ("ensemble, mean of probabilities", ensemble_probabilities),
        ]
        if let kernel_majority {
            rows.append(("kernel, \(Vote.majority.name(k: kernel_majority.k))", kernel_majority.accuracy))
        }
        if let kernel_weighted {
            let vote = Vote.weighted(power: kernel_weighted.power)
            rows.append(("kernel, \(vote.name(k: kernel_weighted.k))", kernel_weighted.accuracy))
        }
        if let selection, let accuracy = selection.accuracy {
            rows.append(("kernel, by leave-one-out: \(selection.chosen.vote.name)", accuracy))
        }
        return rows
    }

    /// The accuracies of the single models and of both ensembles; the standard deviation is that over the runs.
    init(_ average: EnsembleAverage, labels: [Int]) {
        let single = (average.correct?.ofRun ?? []).map { Double($0) / Double(labels.count) }
        let mean = single.reduce(0, +) / Double(single.count)
        let squares = single.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        single_model_mean = mean
        single_model_std = (squares / Double(single.count - 1)).squareRoot()
        ensemble_logits = average.logitsPrediction.accuracy(of: labels)
        ensemble_probabilities = average.probabilitiesPrediction.accuracy(of: labels)
    }
}
