import ArrayFiles
import EnsembleMetrics
import Ensembles
import Foundation
import KernelPrediction

/// What the kernel shows of a data set: all that the report draws, as `report.json` has it. Nothing in it depends on
/// the ranks that made it.
public struct DatasetAudit: Codable, Equatable, Sendable {
    /// A training example that is near to another example.
    public struct Neighbor: Codable, Equatable, Sendable {
        /// Its index.
        public var train: Int
        /// The kernel.
        public var similarity: Float
    }

    /// A test example and its nearest training examples.
    public struct TestExample: Codable, Equatable, Sendable {
        /// Its index.
        public var test: Int
        /// Its place among all test examples, from 1 on, by the similarity of the nearest.
        public var rank: Int
        /// The most similar first.
        public var neighbors: [Neighbor]
    }

    /// Test examples with and without a near-duplicate among the training examples.
    public struct Leak: Codable, Equatable, Sendable {
        /// Similarity from which on two examples count as near-duplicates.
        public var similarity: Float
        /// Test examples that have one.
        public var with: Int
        /// Test examples that have none.
        public var without: Int
        /// Accuracy of the average of logits on either; absent without labels or examples.
        public var ensemble_with, ensemble_without: Double?
        /// Accuracy of the nearest neighbor's label on either.
        public var nearest_with, nearest_without: Double?
    }

    /// A training example whose label its neighbors contradict.
    public struct Suspect: Codable, Equatable, Sendable {
        /// Its index.
        public var train: Int
        /// The label that they vote for.
        public var suggested: Int
        /// The weight of their votes for that, less that for its own label: at most 1.
        public var score: Double
        /// The nearest of them.
        public var neighbors: [Neighbor]
    }

    /// Examples that are near-duplicates of one another.
    public struct Group: Codable, Equatable, Sendable {
        /// Training examples, ascending; the first is the one to keep.
        public var train: [Int]
        /// Test examples, ascending.
        public var test: [Int]
        /// The similarity down to which links are needed to hold it together.
        public var similarity: Float
    }

    /// Answers of the ensemble of one confidence.
    public struct CalibrationBin: Codable, Equatable, Sendable {
        /// Number of answers.
        public var answers: Int
        /// Mean confidence.
        public var confidence: Double
        /// Share of right answers.
        public var accuracy: Double
    }

    /// A test example that few runs get right.
    public struct HardExample: Codable, Equatable, Sendable {
        /// Its index.
        public var test: Int
        /// Runs that are right.
        public var right: Int
    }

    /// The command that was run.
    public var command = "report"
    /// The program's version.
    public var version: String
    /// The ensemble.
    public var ensemble: EnsembleSize
    /// Accuracies of the usual predictions; absent without labels, as what follows from these.
    public var accuracy: Summary.Accuracy?
    /// The vote that the training examples choose.
    public var selection: Summary.Selection?
    /// Accuracies by runs, neighbors and powers.
    public var sweep: Sweep?
    /// Metrics of the average of probabilities.
    public var measures: Metrics?
    /// Its confidence and accuracy, in 15 bins of equal width.
    public var calibration: [CalibrationBin]?
    /// Right answers of each run.
    public var right_of_run: [Int]?
    /// Test examples by the number of runs that are right on them, from 0 to all.
    public var examples_by_right_runs: [Int]?
    /// Test examples that the fewest runs get right, hardest first.
    public var hardest: [HardExample]?
    /// Near-duplicates of training examples in the test set, the most similar first: those of the ranks asked for.
    public var near_duplicates: [TestExample]
    /// What near-duplicates are worth to the test accuracy.
    public var leak: Leak
    /// Near-duplicates in groups, within the training examples and across.
    public var groups: [Group]
    /// Test examples whose nearest training example has another label, the most similar first.
    public var failures: [TestExample]?
    /// Training examples whose label is suspect, the most suspect first.
    public var suspects: [Suspect]?
    /// Test examples drawn by the seed.
    public var random: [TestExample]
    /// The two training examples nearest to each of these by penultimate features of one network, where there are such.
    public var nearest_by_features: [[Int]]?

    /// As JSON, keys in alphabetical order.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}

// The neighbors have the key of the version before as well, which is written for one version more.
extension DatasetAudit.TestExample {
    private enum CodingKeys: String, CodingKey { case test, rank, neighbors, neighbours }

    /// - Throws: `DecodingError` where a key is missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            test: try container.decode(Int.self, forKey: .test), rank: try container.decode(Int.self, forKey: .rank),
            neighbors: try container.decode([DatasetAudit.Neighbor].self, forKey: .neighbors))
    }

    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(test, forKey: .test)
        try container.encode(rank, forKey: .rank)
        for key in [CodingKeys.neighbors, .neighbours] { try container.encode(neighbors, forKey: key) }
    }
}

extension DatasetAudit.Suspect {
    private enum CodingKeys: String, CodingKey { case train, suggested, score, neighbors, neighbours }

    /// - Throws: `DecodingError` where a key is missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            train: try container.decode(Int.self, forKey: .train),
            suggested: try container.decode(Int.self, forKey: .suggested),
            score: try container.decode(Double.self, forKey: .score),
            neighbors: try container.decode([DatasetAudit.Neighbor].self, forKey: .neighbors))
    }

    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(train, forKey: .train)
        try container.encode(suggested, forKey: .suggested)
        try container.encode(score, forKey: .score)
        for key in [CodingKeys.neighbors, .neighbours] { try container.encode(neighbors, forKey: key) }
    }
}
