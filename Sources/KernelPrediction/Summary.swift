import ArrayFiles
import EnsembleKernel
import EnsembleMetrics
import Ensembles
import MessagePassing
import ParallelRanges
import Platform
import UserMessages

/// The contents of `summary.json`. Keys are only ever added. Accuracies are fractions, times seconds, sizes bytes.
public struct Summary: Codable, Equatable, Sendable {
    /// Fractions of the labeled test examples that are predicted correctly.
    public struct Accuracy: Codable, Equatable, Sendable {
        /// The majority vote of the k nearest neighbors.
        public struct Majority: Codable, Equatable, Sendable {
            /// Number of neighbors that vote.
            public var k: Int
            /// Fraction predicted correctly.
            public var accuracy: Double
            /// This accuracy less that of the mean of the logits.
            public var less_ensemble_logits: PairedDifference?
            /// The class that wins of several that are equally frequent; absent for the smallest.
            public var ties: TieRule?
        }

        /// The vote of the k nearest neighbors, each with weight similarity^power.
        public struct Weighted: Codable, Equatable, Sendable {
            /// Number of neighbors that vote.
            public var k: Int
            /// Power of the similarity in the weights.
            public var power: Double
            /// Fraction predicted correctly.
            public var accuracy: Double
            /// This accuracy less that of the mean of the logits.
            public var less_ensemble_logits: PairedDifference?
        }

        /// The product of the mean probabilities of the runs and those of a vote.
        public struct Product: Codable, Equatable, Sendable {
            /// Number of neighbors that vote.
            public var k: Int
            /// Power of the weights.
            public var power: Double
            /// The scaling of the kernel in the weights; absent for similarity^power.
            public var scaling: NeighborScaling?
            /// Fraction predicted correctly.
            public var accuracy: Double
            /// This accuracy less that of the mean of the logits.
            public var less_ensemble_logits: PairedDifference?

            /// The vote.
            var vote: NearestVote {
                NearestVote(scaling == nil ? .weighted(power: power) : .local(power: power), k: k)
            }
        }

        /// The vote of the k nearest neighbors among training and test examples at once.
        public struct Joint: Codable, Equatable, Sendable {
            /// Number of neighbors that vote.
            public var k: Int
            /// Power of the weights (1 + S)^power.
            public var power: Double
            /// Fraction predicted correctly.
            public var accuracy: Double
            /// This accuracy less that of the mean of the logits.
            public var less_ensemble_logits: PairedDifference?
            /// Number of rounds in which test examples passed their shares on.
            public var rounds: Int
        }

        /// The same votes by the correlation of the images' pixels, which takes no network.
        public struct Pixels: Codable, Equatable, Sendable {
            /// Accuracy of the majority vote.
            public var kernel_majority: Majority
            /// Accuracy of the weighted vote.
            public var kernel_weighted: Weighted
            /// Accuracy of the vote by the locally scaled correlation; absent unless the kernel is scaled.
            public var kernel_local: Weighted?
        }

        /// Mean accuracy over the runs.
        public var single_model_mean: Double
        /// Standard deviation of the accuracy over the runs, with R - 1.
        public var single_model_std: Double
        /// Accuracy of the mean of the logits.
        public var ensemble_logits: Double
        /// Accuracy of the mean of the probabilities.
        public var ensemble_probabilities: Double
        /// Accuracy of the majority vote; absent without labels of the training examples.
        public var kernel_majority: Majority?
        /// Accuracy of the weighted vote; absent without labels of the training examples.
        public var kernel_weighted: Weighted?
        /// Accuracy of the vote by the locally scaled kernel, each neighbor with weight (1 + S)^power; absent unless
        /// that was asked for.
        public var kernel_local: Weighted?
        /// Accuracy of the product of experts; absent unless that was asked for.
        public var product: Product?
        /// Accuracy of the vote of neighbors among training and test examples; absent unless that was asked for.
        public var kernel_joint: Joint?
        /// Accuracies of the control by pixels; absent unless that was asked for.
        public var pixels: Pixels?
    }

    /// Accuracy of both votes by the number of neighbors.
    public struct KSweep: Codable, Equatable, Sendable {
        /// Numbers of neighbors.
        public var k: [Int]
        /// Fractions predicted correctly by the majority vote.
        public var majority: [Double]
        /// Fractions predicted correctly by the weighted vote.
        public var weighted: [Double]
        /// Fractions predicted correctly by the vote by the locally scaled kernel; absent unless that was asked for.
        public var local: [Double]?
    }

    /// The scaling of the kernel by which neighbors were sought.
    public struct Scaling: Codable, Equatable, Sendable {
        /// Its name.
        public var method = NeighborScaling.local
        /// Number of nearest examples in the means that it subtracts.
        public var k: Int

        /// Local scaling by means of `k`.
        public init(k: Int) { self.k = k }
    }

    /// The vote chosen without using test labels.
    public struct Selection: Codable, Equatable, Sendable {
        /// The method of the choice: leaving one training example out.
        public var by = "loo"
        /// The vote, with its accuracy on the training examples.
        public var chosen: LeaveOneOut.Candidate
        /// Fraction of the labeled test examples that it predicts correctly; absent without labels of test examples.
        public var accuracy: Double?
        /// This accuracy less that of the mean of the logits.
        public var less_ensemble_logits: PairedDifference?
        /// All votes that were tried.
        public var candidates: [LeaveOneOut.Candidate]
    }

    /// Numbers of pairs (example, class) whose x is the same in all runs, and adds nothing to the kernel.
    public struct ZeroVariance: Codable, Equatable, Sendable {
        /// Number of pairs among the test and the training examples.
        public var test, train: Int
        /// Number of test and of training examples that have such a class.
        public var test_examples, train_examples: Int

        init(_ found: NeighborSearch.Result) {
            (test, test_examples) = (found.zeroVariance.test.outputs, found.zeroVariance.test.examples)
            (train, train_examples) = (found.zeroVariance.train.outputs, found.zeroVariance.train.examples)
        }
    }

    /// Largest resident memory in bytes.
    public struct PeakMemory: Codable, Equatable, Sendable {
        /// Memory of the rank that used most, including pages of mapped files.
        public var max_rank: Int
        /// Memory of all ranks, including pages of mapped files: pages shared on a host count once for each of its
        /// ranks.
        public var sum: Int
        /// Memory of the rank that used most, without pages of files.
        public var max_rank_without_files: Int
        /// Memory of all ranks, without pages of files.
        public var sum_without_files: Int

        /// Gathers the memory of all ranks. Collective over `world`: every rank calls it, and all get the same result.
        ///
        /// - Throws: `MPIError`.
        init(over world: Communicator) throws {
            let (peak, withoutFiles) = (ResidentMemory.peak, ResidentMemory.peakWithoutFiles)
            max_rank = try world.allreduce(peak, .max)
            sum = try world.allreduce(peak, .sum)
            max_rank_without_files = try world.allreduce(withoutFiles, .max)
            sum_without_files = try world.allreduce(withoutFiles, .sum)
        }
    }

    /// The current version of the format of `summary.json`. To be increased when a key changes its meaning.
    public static let format = 1

    /// The version of this file's format.
    public var format = Self.format
    /// The command that wrote the file.
    public var command = "predict"
    /// The version of the program.
    public var version: String
    /// The size and the files of the ensemble.
    public var ensemble: EnsembleSize
    /// The transform applied to the logits.
    public var transform: Transform
    /// Accuracies of all predictions; absent without labels of the test examples.
    public var accuracy: Accuracy?
    /// Accuracies by the number of neighbors; absent without labels of the test or the training examples.
    public var k_sweep: KSweep?
    /// The chosen vote; absent unless one was to be chosen.
    public var selection: Selection?
    /// Number of neighbors kept of each test example: the second extent of `neighbors.npy`.
    public var neighbors: Int
    /// The scaling of the kernel by which the neighbors and the similarities in the files were found; absent for the
    /// kernel itself.
    public var scaling: Scaling?
    /// Outputs that are constant over the runs.
    public var zero_variance: ZeroVariance
    /// Number of ranks that were started.
    public var ranks: Int
    /// The process grid: number of parts into which the runs are divided, and the training examples.
    public var grid: ProcessGrid
    /// Number of threads of each rank.
    public var threads_per_rank: Int
    /// The precision of the screening pass.
    public var screen: Screen
    /// Number of pairs whose products were computed, roughly, on all ranks: fewer than all where a product stands for
    /// K[i, j] and K[j, i].
    public var compared_pairs: Int
    /// Number of pairs computed from the high limbs of their numbers, on all ranks, to find those to compute exactly.
    public var narrowed_pairs: Int
    /// Number of pairs computed exactly, on all ranks.
    public var refined_pairs: Int
    /// Bytes of memory allowed to each rank.
    public var memory_limit_bytes: Int
    /// Seconds by phase, each of the slowest rank.
    public var seconds: PhaseSeconds
    /// Bytes passed to the collectives by all ranks together.
    public var bytes_communicated: Int
    /// Largest memory of the ranks.
    public var peak_memory_bytes: PeakMemory
    /// The work of each rank, in the order of the ranks that took part.
    public var rank_activity: [RankActivity]

    /// Accuracies of all predictions, and the chosen vote.
    struct Accuracies {
        let accuracy: Accuracy?
        let sweep: KSweep?
        let selection: Selection?

        init(
            average: EnsembleAverage, labels: [Int]?, votes: PredictionOptions.Votes, counted: CountedVotes,
            local: CountedVotes?, combined: ComparedPredictions?, joint: JointVotes?, pixels: PixelControl.Votes?,
            leaveOneOut: LeaveOneOut?, chosen: NearestVote?
        ) {
            var accuracy = labels.map { Accuracy(average, labels: $0) }
            accuracy?.kernel_majority = counted.majority(votes)
            accuracy?.kernel_weighted = counted.weighted(votes.weighted)
            accuracy?.kernel_local = local?.weighted(votes.local)
            accuracy?.product = combined?.accuracy.map {
                .init(
                    k: votes.weightedK, power: votes.power, scaling: local.map { _ in .local }, accuracy: $0,
                    less_ensemble_logits: combined?.difference)
            }
            accuracy?.kernel_joint = joint.flatMap { joint in
                joint.predictions.accuracy.map {
                    .init(
                        k: votes.weightedK, power: votes.power, accuracy: $0,
                        less_ensemble_logits: joint.predictions.difference, rounds: joint.rounds)
                }
            }
            accuracy?.pixels = pixels?.accuracies(votes)
            self.accuracy = accuracy
            func ofSweep(_ vote: Vote, _ counted: CountedVotes) -> [Double] {
                votes.sweep.compactMap { counted.accuracy(NearestVote(vote, k: $0)) }
            }
            let byMajority = ofSweep(.majority, counted)
            let byWeighted = ofSweep(votes.weighted.vote, counted)
            let byLocal = local.map { ofSweep(votes.local.vote, $0) }
            sweep =
                byMajority.isEmpty
                ? nil : KSweep(k: votes.sweep, majority: byMajority, weighted: byWeighted, local: byLocal)
            selection = leaveOneOut.map { leaveOneOut in
                let ofChosen = chosen == votes.local ? local : counted
                return Selection(
                    chosen: leaveOneOut.chosen, accuracy: chosen.flatMap { ofChosen?.accuracy($0) },
                    less_ensemble_logits: chosen.flatMap { ofChosen?.difference($0) },
                    candidates: leaveOneOut.candidates)
            }
        }
    }

    /// Gathers the numbers of all ranks. Collective over the grid's world: every rank calls it, and all get the same
    /// result.
    ///
    /// - Throws: `MPIError`.
    init(
        size: EnsembleSize, options: PredictionOptions, accuracies: Accuracies, found: NeighborSearch.Result,
        counters: SearchCounters, grid: RankGrid, ranks report: RankReport, version: String
    ) throws {
        let world = grid.world
        (accuracy, k_sweep, selection) = (accuracies.accuracy, accuracies.sweep, accuracies.selection)
        self.version = version
        ensemble = size
        transform = options.search.transform
        neighbors = options.votes.kMax
        scaling = options.scaling.map { Scaling(k: $0) }
        zero_variance = ZeroVariance(found)
        ranks = world.size + options.idleRanks
        self.grid = grid.shape
        threads_per_rank = options.search.threads
        screen = options.search.screen
        memory_limit_bytes = options.search.memory
        compared_pairs = try world.allreduce(counters.comparedPairs, .sum)
        narrowed_pairs = try world.allreduce(counters.narrowedPairs, .sum)
        refined_pairs = try world.allreduce(counters.refinedPairs, .sum)
        (seconds, rank_activity) = (report.slowest, report.activity)
        bytes_communicated = report.bytesCommunicated
        peak_memory_bytes = try PeakMemory(over: world)
    }

    /// Number of ranks without any run or without any training example.
    public var idleRanks: Int { ranks - min(grid.runs, ensemble.runs) * min(grid.train, ensemble.train) }

    /// The summary as JSON, keys in alphabetical order.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}

extension Summary.Accuracy {
    /// A row of a table: a prediction, its accuracy and, where it is known, this less that of the mean of the logits.
    package typealias Row = (name: String, accuracy: Double, difference: PairedDifference?)

    /// All predictions with their names and accuracies, for tables.
    ///
    /// - Parameter selection: The chosen vote; nil if none was chosen.
    package func rows(_ selection: Summary.Selection?) -> [Row] {
        let spread = NumberText.percent(single_model_std)
        var rows: [Row] = [
            ("single model, mean of the runs (± \(spread))", single_model_mean, nil),
            ("ensemble, mean of logits", ensemble_logits, nil),
            ("ensemble, mean of probabilities", ensemble_probabilities, nil),
        ]
        func add(_ name: String, _ accuracy: Double, _ difference: PairedDifference?) {
            rows.append((name, accuracy, difference))
        }
        func add(_ source: String, _ majority: Majority?, _ weighted: Weighted?, _ local: Weighted?) {
            if let vote = majority {
                let ties = vote.ties == .nearest ? ", ties to the nearest" : ""
                add("\(source), \(Vote.majority.name(k: vote.k))\(ties)", vote.accuracy, vote.less_ensemble_logits)
            }
            for (vote, rule) in [
                (weighted, weighted.map { Vote.weighted(power: $0.power) }),
                (local, local.map { Vote.local(power: $0.power) }),
            ] {
                guard let vote, let rule else { continue }
                add("\(source), \(rule.name(k: vote.k))", vote.accuracy, vote.less_ensemble_logits)
            }
        }
        add("kernel", kernel_majority, kernel_weighted, kernel_local)
        if let product {
            add("ensemble x kernel, \(product.vote.name)", product.accuracy, product.less_ensemble_logits)
        }
        if let vote = kernel_joint {
            add("kernel, \(vote.k) nearest, local scaling, joint", vote.accuracy, vote.less_ensemble_logits)
        }
        if let selection, let accuracy = selection.accuracy {
            add("kernel, \(selection.chosen.vote.name) (by leave-one-out)", accuracy, selection.less_ensemble_logits)
        }
        if let pixels { add("pixels", pixels.kernel_majority, pixels.kernel_weighted, pixels.kernel_local) }
        return rows
    }

    /// The accuracies of the single models and of both ensembles; the standard deviation is over the runs.
    init(_ average: EnsembleAverage, labels: [Int]) {
        let single = (average.correct?.ofRun ?? []).map { Double($0) / Double(labels.labeledCount) }
        let mean = single.reduce(0, +) / Double(single.count)
        let squares = single.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        single_model_mean = mean
        single_model_std = (squares / Double(single.count - 1)).squareRoot()
        ensemble_logits = average.logitsPrediction.accuracy(of: labels)
        ensemble_probabilities = average.probabilitiesPrediction.accuracy(of: labels)
    }
}
