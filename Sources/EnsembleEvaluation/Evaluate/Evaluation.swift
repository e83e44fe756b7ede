import ArrayFiles
import EnsembleMetrics
import Foundation
import KernelPrediction

/// What `evaluation.json` says of a pool of runs. Keys are only ever added; fractions, natural logarithms, epochs.
/// Nothing in it depends on the ranks that made it.
public struct Evaluation: Codable, Equatable, Sendable {
    /// The runs that are looked at.
    public struct Pool: Codable, Equatable, Sendable {
        /// Runs R, test examples T and classes C.
        public var runs, test, classes: Int
        /// Chains that the runs belong to.
        public var chains: Int
        /// Methods by which the runs were made; empty where that is not told.
        public var methods: [String]
        /// The files of the logits, in the order of their runs.
        public var sources: [String]
    }

    /// The ensembles of one size, by one way of averaging.
    public struct Average: Codable, Equatable, Sendable {
        /// Mean over the ensembles.
        public var mean: Metrics
        /// Standard deviation over the ensembles; absent for one.
        public var std: Metrics?
        /// Members of a deep ensemble of the same calibrated likelihood; absent without one to compare with.
        public var deep_ensemble_equivalent: DeepEnsembleEquivalent?
    }

    /// The ensembles of one size.
    public struct Size: Codable, Equatable, Sendable {
        /// Runs of an ensemble.
        public var runs: Int
        /// Ensembles that were measured.
        public var subsets: Int
        /// Passes over the training examples that an ensemble cost, mean; absent where that is not known.
        public var cost_epochs: Double?
        /// The ensembles that average probabilities.
        public var average_of_probabilities: Average
        /// The ensembles that average logits.
        public var average_of_logits: Average
        /// How the members differ.
        public var diversity: Spread<Diversity>
    }

    /// The kernel's vote, of the first runs of the pool.
    public struct Kernel: Codable, Equatable, Sendable {
        /// Runs that the kernel is made of.
        public var runs: Int
        /// The vote.
        public var vote: NearestVote
        /// Passes over the training examples that the runs cost; absent where that is not known.
        public var cost_epochs: Double?
        /// The weights of the classes as probabilities.
        public var measures: Metrics
        /// Members of a deep ensemble of the same calibrated likelihood; absent without one to compare with.
        public var deep_ensemble_equivalent: DeepEnsembleEquivalent?

        private enum CodingKeys: String, CodingKey { case runs, cost_epochs, measures, deep_ensemble_equivalent }

        init(
            runs: Int, vote: NearestVote, cost_epochs: Double?, measures: Metrics,
            deep_ensemble_equivalent: DeepEnsembleEquivalent?
        ) {
            (self.runs, self.vote, self.cost_epochs) = (runs, vote, cost_epochs)
            (self.measures, self.deep_ensemble_equivalent) = (measures, deep_ensemble_equivalent)
        }

        /// - Throws: `DecodingError` where a key is missing.
        public init(from decoder: any Decoder) throws {
            vote = try NearestVote(from: decoder)
            let container = try decoder.container(keyedBy: CodingKeys.self)
            runs = try container.decode(Int.self, forKey: .runs)
            cost_epochs = try container.decodeIfPresent(Double.self, forKey: .cost_epochs)
            measures = try container.decode(Metrics.self, forKey: .measures)
            deep_ensemble_equivalent = try container.decodeIfPresent(
                DeepEnsembleEquivalent.self, forKey: .deep_ensemble_equivalent)
        }

        /// - Throws: `EncodingError`.
        public func encode(to encoder: any Encoder) throws {
            try vote.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(runs, forKey: .runs)
            try container.encodeIfPresent(cost_epochs, forKey: .cost_epochs)
            try container.encode(measures, forKey: .measures)
            try container.encodeIfPresent(deep_ensemble_equivalent, forKey: .deep_ensemble_equivalent)
        }
    }

    /// The cascade of one run and an ensemble, both drawn by the seed.
    public struct Cascade: Codable, Equatable, Sendable {
        /// Runs of the ensemble, that one among them.
        public var runs: Int
        /// Their numbers.
        public var members: [Int]
        /// The run that is asked first.
        public var first: Int
        /// Its cost, coverage and risk.
        public var result: WindowCascade
    }

    /// The deep ensembles to compare with.
    public struct Against: Codable, Equatable, Sendable {
        /// Their runs.
        public var pool: Pool
        /// Their calibrated log-likelihood by the number of members.
        public var curve: DeepEnsembleCurve
    }

    /// The command that was run.
    public var command = "evaluate"
    /// The program's version.
    public var version: String
    /// The pool that was evaluated.
    public var ensemble: Pool
    /// Seed of subsets and halves.
    public var seed: UInt64
    /// Ensembles, by their number of runs.
    public var sizes: [Size]
    /// The kernel's vote, by the number of runs; absent without training logits and labels.
    public var kernel: [Kernel]?
    /// How the accuracy varies from run to run.
    public var run_variance: RunVariance
    /// The error of a run as the disagreement of two tells it without labels, measured in the largest ensembles: right
    /// where the runs are calibrated together (Jiang et al., "Assessing generalization of SGD via disagreement", 2022).
    /// Absent where ensembles have one run.
    public var label_free_error: Double?
    /// The deep ensembles that others are compared with; absent without.
    public var against: Against?
    /// Absent unless asked for.
    public var cascade: Cascade?

    /// As JSON, keys in alphabetical order.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}
