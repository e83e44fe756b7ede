import ArrayFiles
import EnsembleMetrics
import Ensembles
import KernelPrediction
import Platform

/// The contents of `evaluation.json`, which describes a pool of runs. Keys are only ever added. Accuracies and errors
/// are fractions, logarithms natural, costs epochs. Nothing in it depends on the ranks that computed it.
public struct Evaluation: Codable, Equatable, Sendable {
    /// The runs that are evaluated.
    public struct Pool: Codable, Equatable, Sendable {
        /// Numbers of runs R, test examples T and classes C.
        public var runs, test, classes: Int
        /// Number of chains to which the runs belong.
        public var chains: Int
        /// Methods by which the runs were made; empty if unknown.
        public var methods: [String]
        /// The files of the logits, in the order of their runs.
        public var sources: [String]
        /// Numbers of examples left out of the measurements and of the votes since they are unlabeled; absent if there
        /// are none.
        public var unlabeled: Unlabeled?
    }

    /// The ensembles of one size, by one way of averaging.
    public struct Average: Codable, Equatable, Sendable {
        /// Mean over the ensembles.
        public var mean: Metrics
        /// Standard deviation over the ensembles; absent for a single one.
        public var std: Metrics?
        /// The deep ensemble equivalent of the mean; absent without deep ensembles to compare with.
        public var deep_ensemble_equivalent: DeepEnsembleEquivalent?
    }

    /// The ensembles of one size.
    public struct Size: Codable, Equatable, Sendable {
        /// Number of runs of an ensemble.
        public var runs: Int
        /// Number of ensembles measured.
        public var subsets: Int
        /// Mean cost of an ensemble in passes over the training examples; absent if unknown.
        public var cost_epochs: Double?
        /// The ensembles that average probabilities.
        public var average_of_probabilities: Average
        /// The ensembles that average logits.
        public var average_of_logits: Average
        /// The diversity of the ensembles' members.
        public var diversity: Spread<Diversity>
    }

    /// Ensembles whose training costs no more than a budget: on average, where those of a size cost differently.
    public struct Budget: Codable, Equatable, Sendable {
        /// The budget, in passes over the training examples.
        public var epochs: Double
        /// The largest ensembles of the pool; absent if a single run costs more.
        public var ensembles: Size?
        /// The largest ensembles of the deep ensemble to compare with; absent without it, or if one run costs more.
        public var against: Size?
    }

    /// The kernel's vote, from the first runs of the pool.
    public struct Kernel: Codable, Equatable, Sendable {
        /// Number of runs of the kernel.
        public var runs: Int
        /// The vote, written as its keys `k` and `power`.
        public var vote: NearestVote
        /// Cost of the runs in passes over the training examples; absent if unknown.
        public var cost_epochs: Double?
        /// Metrics of the votes' class probabilities.
        public var measures: Metrics
        /// The deep ensemble equivalent of the vote; absent without deep ensembles to compare with.
        public var deep_ensemble_equivalent: DeepEnsembleEquivalent?
        /// The product of the votes' probabilities and the mean of the probabilities of the same runs.
        public var product: Product

        private enum CodingKeys: String, CodingKey {
            case runs, cost_epochs, measures, deep_ensemble_equivalent, product
        }

        init(
            runs: Int, vote: NearestVote, cost_epochs: Double?, measures: Metrics,
            deep_ensemble_equivalent: DeepEnsembleEquivalent?, product: Product
        ) {
            (self.runs, self.vote, self.cost_epochs) = (runs, vote, cost_epochs)
            (self.measures, self.deep_ensemble_equivalent) = (measures, deep_ensemble_equivalent)
            self.product = product
        }

        /// Decodes the metrics of a vote.
        ///
        /// - Throws: `DecodingError` if a key is missing.
        public init(from decoder: any Decoder) throws {
            vote = try NearestVote(from: decoder)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            runs = try container.decode(Int.self, forKey: .runs)
            cost_epochs = try container.decodeIfPresent(Double.self, forKey: .cost_epochs)
            measures = try container.decode(Metrics.self, forKey: .measures)
            deep_ensemble_equivalent = try container.decodeIfPresent(
                DeepEnsembleEquivalent.self, forKey: .deep_ensemble_equivalent)
            product = try container.decode(Product.self, forKey: .product)
        }

        /// Encodes the metrics and the keys of the vote.
        ///
        /// - Throws: `EncodingError`.
        public func encode(to encoder: any Encoder) throws {
            try vote.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(runs, forKey: .runs)
            try container.encodeIfPresent(cost_epochs, forKey: .cost_epochs)
            try container.encode(measures, forKey: .measures)
            try container.encodeIfPresent(deep_ensemble_equivalent, forKey: .deep_ensemble_equivalent)
            try container.encode(product, forKey: .product)
        }
    }

    /// A product of experts: probabilities proportional to those of the average and of the kernel's vote.
    public struct Product: Codable, Equatable, Sendable {
        /// Metrics of its class probabilities.
        public var measures: Metrics
        /// Its deep ensemble equivalent; absent without deep ensembles to compare with.
        public var deep_ensemble_equivalent: DeepEnsembleEquivalent?
    }

    /// The predictions of the average of probabilities of the first `runs` runs, all of them or the largest number that
    /// was asked for, by class.
    public struct Classes: Codable, Equatable, Sendable {
        /// Number of runs.
        public var runs: Int
        /// The names of the classes; empty if they are not known.
        public var names: [String]
        /// Of each class.
        public var metrics: [ClassMetrics]
        /// The entries of the confusion matrix off its diagonal, the largest first.
        public var confusions: [ConfusionCount]
    }

    /// How well a score detects the errors of the average of probabilities of the first runs of the pool.
    public struct Detection: Codable, Equatable, Sendable {
        /// Number of runs.
        public var runs: Int
        /// The score.
        public var score: CertaintyScore
        /// How well it does.
        public var result: ErrorDetection
        /// The error of the 1, 2, ... 100 % of predictions with the highest scores; absent in files of earlier
        /// versions.
        public var risk_by_coverage: [Double]?
    }

    /// The confidence of the average of probabilities of the first runs of the pool, and its accuracy.
    public struct ReliabilityBins: Codable, Equatable, Sendable {
        /// Number of runs.
        public var runs: Int
        /// The predictions by confidence, in 15 bins of equal width.
        public var bins: [ReliabilityBin]
    }

    /// Another set of labeled examples, as the first runs of the pool predict them.
    public struct TestSet: Codable, Equatable, Sendable {
        /// What the set is called: its folder or file.
        public var name: String
        /// The files of its logits, in the order of their runs.
        public var sources: [String]
        /// Number of its labeled examples.
        public var examples: Int
        /// Number of runs.
        public var runs: Int
        /// The mean error of one of these runs.
        public var single_model_error: Double
        /// Every predictor and its metrics.
        public var predictors: [Predictor]

        /// The metrics of one predictor.
        public struct Predictor: Codable, Equatable, Sendable {
            /// The predictor, as in `evaluation.csv`.
            public var predictor: String
            /// Its metrics.
            public var measures: Metrics
        }
    }

    /// How well scores tell a set of examples of another distribution from the labeled test examples.
    public struct OutOfDistribution: Codable, Equatable, Sendable {
        /// What the set is called: its folder or file.
        public var name: String
        /// The files of its logits, in the order of their runs.
        public var sources: [String]
        /// Number of its examples.
        public var examples: Int
        /// Number of runs, the first of the pool.
        public var runs: Int
        /// Every score and how well it does.
        public var scores: [Score]

        /// How well a score does.
        public struct Score: Codable, Equatable, Sendable {
            /// The score.
            public var score: CertaintyScore
            /// How well it does.
            public var result: OutlierDetection
        }
    }

    /// The predictors of the first runs of the pool with probabilities that were calibrated on other examples.
    public struct Calibration: Codable, Equatable, Sendable {
        /// Number of runs.
        public var runs: Int
        /// Of each predictor and calibrator.
        public var results: [Calibrated]

        /// One predictor by one calibrator.
        public struct Calibrated: Codable, Equatable, Sendable {
            /// The predictor, as in `evaluation.csv`.
            public var predictor: String
            /// The calibrator.
            public var calibrator: Calibrator
            /// Its metrics.
            public var measures: CalibratedMetrics
        }
    }

    /// Sets of classes that contain the label with a given probability, by every predictor of the first runs of the
    /// pool.
    public struct Conformal: Codable, Equatable, Sendable {
        /// The share of sets that may miss the label.
        public var error: Double
        /// Number of runs.
        public var runs: Int
        /// Of each predictor and method.
        public var sets: [Sets]

        /// The sets of one predictor.
        public struct Sets: Codable, Equatable, Sendable {
            /// The predictor, as in `evaluation.csv`.
            public var predictor: String
            /// Their coverage and size.
            public var result: ConformalSets
        }
    }

    /// How many of the first runs of the pool, at most 1,000, drawn at random, it takes until their vote is that of all
    /// of these.
    public struct Settled: Codable, Equatable, Sendable {
        /// The probability with which fewer runs may vote otherwise once an example is settled.
        public var error: Double
        /// Number of runs.
        public var runs: Int
        /// Number of runs with which the last example is settled.
        public var most: Int
        /// Several numbers of runs.
        public var sizes: [Size]
        /// Every test example, labeled or not. Not in `evaluation.json`, but in `settled.csv`.
        public var examples: [Example] = []

        private enum CodingKeys: String, CodingKey { case error, runs, most, sizes }

        /// Runs of one number.
        public struct Size: Codable, Equatable, Sendable {
            /// Number of runs drawn.
            public var runs: Int
            /// Share of the examples that are settled with so many runs or fewer.
            public var settled: Double
            /// The probability that their vote is that of all runs: mean over the examples.
            public var agreement: Double
        }

        /// One example.
        public struct Example: Equatable, Sendable {
            /// The class with the most votes.
            public var prediction: Int
            /// Number of its votes.
            public var votes: Int
            /// The number of runs from which on the example is settled, of `UrnVote.sizes`.
            public var runs: Int
        }
    }

    /// The cascade of ensembles of growing size, drawn with the seed.
    public struct Cascade: Codable, Equatable, Sendable {
        /// One of the ensembles.
        public struct Stage: Codable, Equatable, Sendable {
            /// Number of its runs, those of the stage before it among them.
            public var runs: Int
            /// Indices of its runs.
            public var members: [Int]
            /// Cost per example of the runs that the stage before it does not have.
            public var cost: Double
        }

        /// Number of runs of the last stage.
        public var runs: Int
        /// Indices of the runs of the last stage.
        public var members: [Int]
        /// Index of the first run of the first stage.
        public var first: Int
        /// The score of certainty; absent in files of earlier versions, which have the confidence.
        public var score: CertaintyScore?
        /// The stages; absent in files of earlier versions.
        public var stages: [Stage]?
        /// Costs, coverages and risks of the cascade.
        public var result: WindowCascade
    }

    /// The deep ensembles to compare with.
    public struct Against: Codable, Equatable, Sendable {
        /// The runs of the deep ensembles.
        public var pool: Pool
        /// Their calibrated log-likelihood by the number of members.
        public var curve: DeepEnsembleCurve
    }

    /// The command that wrote the file.
    public var command = "evaluate"
    /// The version of the program.
    public var version: String
    /// The evaluated pool.
    public var ensemble: Pool
    /// Seed of the subsets and halves.
    public var seed: UInt64
    /// Ensembles, by their number of runs.
    public var sizes: [Size]
    /// Number of nearest examples by which the kernel is scaled; absent for the kernel as it is.
    public var scaling: Summary.Scaling?
    /// The kernel's vote, by the number of runs; absent without training logits and labels.
    public var kernel: [Kernel]?
    /// The variance of the accuracy from run to run.
    public var run_variance: RunVariance
    /// The error of a run estimated without labels, as the disagreement of two runs, measured in the largest ensembles:
    /// correct if the runs are calibrated together (Jiang et al., "Assessing generalization of SGD via disagreement",
    /// 2022). Absent if ensembles have one run.
    public var label_free_error: Double?
    /// Other sets of labeled examples; absent without such.
    public var test_sets: [TestSet]?
    /// The predictions by class; absent in files of earlier versions.
    public var by_class: Classes?
    /// The errors of the average of all runs, or of the largest number of them that was asked for, as every score
    /// detects them; absent in files of earlier versions.
    public var error_detection: [Detection]?
    /// The confidence of the same average; absent in files of earlier versions.
    public var reliability: ReliabilityBins?
    /// How well the same scores tell examples of other distributions from the test examples; absent without such.
    public var out_of_distribution: [OutOfDistribution]?
    /// Calibrated predictors; absent unless requested.
    public var calibration: Calibration?
    /// Conformal sets; absent unless requested.
    public var conformal: Conformal?
    /// How many runs it takes until votes are those of all; absent unless requested.
    public var settled: Settled?
    /// Ensembles of equal training cost; absent unless requested.
    public var budgets: [Budget]?
    /// The deep ensembles to compare with; absent without them.
    public var against: Against?
    /// The cascade; absent unless requested.
    public var cascade: Cascade?

    /// The evaluation as JSON, keys in alphabetical order.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}
