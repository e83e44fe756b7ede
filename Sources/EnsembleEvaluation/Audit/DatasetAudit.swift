import ArrayFiles
import EnsembleMetrics
import Ensembles
import KernelPrediction
import Platform

/// The findings of an audit of a data set by the kernel: all contents of the report, in the form of `report.json`. They
/// do not depend on the ranks that computed them.
public struct DatasetAudit: Codable, Equatable, Sendable {
    /// A training example that is near another example.
    public struct Neighbor: Codable, Equatable, Sendable {
        /// Index of the training example.
        public var train: Int
        /// Kernel value of the two examples.
        public var similarity: Float
    }

    /// A test example and its nearest training examples.
    public struct TestExample: Codable, Equatable, Sendable {
        /// Index of the test example.
        public var test: Int
        /// The rank of the example among all test examples by the similarity of its nearest training example, from 1
        /// on.
        public var rank: Int
        /// The nearest training examples, the most similar first.
        public var neighbors: [Neighbor]
        /// How well the example matches the nearest one by its pixels; only of near-duplicates with images.
        public var match: PixelMatch?
    }

    /// Test examples with and without a near-duplicate among the training examples.
    public struct Leak: Codable, Equatable, Sendable {
        /// The smallest similarity of near-duplicates.
        public var similarity: Float
        /// Number of test examples with a near-duplicate.
        public var with: Int
        /// Number of test examples without a near-duplicate.
        public var without: Int
        /// Accuracy of the average of logits on the labeled examples of either group; absent without any.
        public var ensemble_with, ensemble_without: Double?
        /// Accuracy of the nearest neighbor's label on the labeled examples of either group; absent without any. An
        /// unlabeled neighbor is wrong.
        public var nearest_with, nearest_without: Double?
    }

    /// A labeled training example whose label is contradicted by its neighbors.
    public struct Suspect: Codable, Equatable, Sendable {
        /// Index of the training example.
        public var train: Int
        /// The label for which its neighbors vote.
        public var suggested: Int
        /// The neighbors' vote share for the suggested label minus that for the example's own label: at most 1.
        public var score: Double
        /// The probability of the example's own label, by which suspects are sorted (``LabelExperts``); absent in files
        /// of earlier versions.
        public var label_probability: Double?
        /// The nearest neighbors.
        public var neighbors: [Neighbor]
    }

    /// Whose probabilities suspects are sorted by.
    public enum LabelExperts: String, Codable, Sendable {
        /// The product of the neighbors' vote and the mean of the runs' probabilities.
        case voteAndRuns = "vote and runs"
        /// The vote alone, since the runs are right less than half as often, in whatever order their outputs are the
        /// classes.
        case vote
    }

    /// Examples that are near-duplicates of one another.
    public struct Group: Codable, Equatable, Sendable {
        /// Indices of the training examples, ascending.
        public var train: [Int]
        /// Indices of the test examples, ascending.
        public var test: [Int]
        /// The similarity of the weakest link needed to hold the group together.
        public var similarity: Float
    }

    /// Examples whose images are copies of training images.
    public struct Copies: Codable, Equatable, Sendable {
        /// Numbers of nearest training examples, by the kernel and by spectra, with which an example is compared.
        public static let comparedNeighbors = CopySearch.compared

        /// Number of comparisons of an example with one of its nearest training examples by their pixels.
        public var comparisons: Int
        /// The smallest correlation of a copy, for each class of the training example; one for all without labels.
        public var least_correlations: [Float]
        /// The copies, exact ones first, then the best matches.
        public var pairs: [ImageCopy]
        /// Numbers of test and of training examples that are copies of a training example.
        public var test, train: Int
        /// Accuracy of the average of logits on the labeled test examples that are copies, and on the others; absent
        /// without any.
        public var ensemble_with, ensemble_without: Double?
    }

    /// A labeled test example that few runs predict correctly.
    public struct HardExample: Codable, Equatable, Sendable {
        /// Index of the test example.
        public var test: Int
        /// Number of runs that predict it correctly.
        public var right: Int
    }

    /// The examples of one class.
    public struct ClassCounts: Codable, Equatable, Sendable {
        /// Numbers of training and of test examples with this label.
        public var train, test: Int
        /// Number of these test examples for which the average of logits is correct.
        public var right: Int
        /// Number of label suspects among these training examples.
        public var suspects: Int
    }

    /// Test examples of one class that the average of logits takes for those of another.
    public struct Confusion: Codable, Equatable, Sendable {
        /// The label and the predicted class.
        public var label, predicted: Int
        /// Number of the examples.
        public var count: Int
        /// The first few of them: those that the fewest runs predict correctly.
        public var examples: [Int]
    }

    /// A test example and its nearest training example by the features of one network.
    public struct FeaturePair: Codable, Equatable, Sendable {
        /// Indices of the examples.
        public var test, train: Int
        /// Euclidean distance of their features.
        public var distance: Float
        /// How well they match by their pixels; only with images.
        public var match: PixelMatch?
    }

    /// Options that decide what is found.
    public struct Settings: Codable, Equatable, Sendable {
        /// The transform of the logits.
        public var transform: Transform
        /// The smallest similarity of near-duplicates, as a fraction of an example's similarity to itself.
        public var duplicate_similarity: Float
        /// Seed of the random examples.
        public var seed: UInt64
    }

    /// The command that wrote the file.
    public var command = "report"
    /// The version of the program.
    public var version: String
    /// The size and the files of the ensemble.
    public var ensemble: EnsembleSize
    /// The options; absent in files of earlier versions.
    public var settings: Settings?
    /// Accuracies of the usual predictions; absent without labels, like the values derived from labels below.
    public var accuracy: Summary.Accuracy?
    /// The vote chosen on the training examples.
    public var selection: Summary.Selection?
    /// Accuracies by runs, neighbors and powers.
    public var sweep: Sweep?
    /// Metrics of the average of probabilities.
    public var measures: Metrics?
    /// Confidence and accuracy of the average of probabilities, in 15 bins of equal width.
    public var calibration: [ReliabilityBin]?
    /// Number of correct predictions of each run.
    public var right_of_run: [Int]?
    /// Numbers of labeled test examples by the number of runs that predict them correctly, from 0 to all.
    public var examples_by_right_runs: [Int]?
    /// Labeled test examples that the fewest runs predict correctly, the hardest first.
    public var hardest: [HardExample]?
    /// The examples by class; absent in files of earlier versions, too.
    public var classes: [ClassCounts]?
    /// All pairs of classes that the average of logits confuses, the most frequent first.
    public var confusions: [Confusion]?
    /// Test examples with their nearest training examples, the most similar first: the requested ranks.
    public var near_duplicates: [TestExample]
    /// The effect of near-duplicates on the test accuracy.
    public var leak: Leak
    /// Examples whose images are copies of training images; absent without images of one shape.
    public var copies: Copies?
    /// Groups of near-duplicates, within the training examples and across both sets.
    public var groups: [Group]
    /// Test examples whose nearest training example has another label, the most similar first; both are labeled.
    public var failures: [TestExample]?
    /// Training examples with suspect labels, the most suspect first.
    public var suspects: [Suspect]?
    /// Whose probabilities they are sorted by.
    public var suspects_by: LabelExperts?
    /// Test examples drawn at random with the seed.
    public var random: [TestExample]
    /// The two training examples nearest to each of the random examples by penultimate features of one network; absent
    /// without features.
    public var nearest_by_features: [[Int]]?
    /// The test examples that are nearest to a training example by these features, the nearest first; absent without
    /// features, or where a search would take too long.
    public var nearest_pairs_by_features: [FeaturePair]?

    /// The audit as JSON, keys in alphabetical order.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}

// The neighbors also have the key of the previous version, which is written for one more version.
extension DatasetAudit.TestExample {
    private enum CodingKeys: String, CodingKey { case test, rank, neighbors, neighbours, match }

    /// Decodes an example from the current keys.
    ///
    /// - Throws: `DecodingError` if a key is missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            test: try container.decode(Int.self, forKey: .test), rank: try container.decode(Int.self, forKey: .rank),
            neighbors: try container.decode([DatasetAudit.Neighbor].self, forKey: .neighbors),
            match: try container.decodeIfPresent(PixelMatch.self, forKey: .match))
    }

    /// Encodes the example, with its neighbors under both keys.
    ///
    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(test, forKey: .test)
        try container.encode(rank, forKey: .rank)
        try container.encodeIfPresent(match, forKey: .match)
        for key in [CodingKeys.neighbors, .neighbours] { try container.encode(neighbors, forKey: key) }
    }
}

extension DatasetAudit.Suspect {
    private enum CodingKeys: String, CodingKey {
        case train, suggested, score, label_probability, neighbors, neighbours
    }

    /// Decodes a suspect from the current keys.
    ///
    /// - Throws: `DecodingError` if a key is missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            train: try container.decode(Int.self, forKey: .train),
            suggested: try container.decode(Int.self, forKey: .suggested),
            score: try container.decode(Double.self, forKey: .score),
            label_probability: try container.decodeIfPresent(Double.self, forKey: .label_probability),
            neighbors: try container.decode([DatasetAudit.Neighbor].self, forKey: .neighbors))
    }

    /// Encodes the suspect, with its neighbors under both keys.
    ///
    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(train, forKey: .train)
        try container.encode(suggested, forKey: .suggested)
        try container.encode(score, forKey: .score)
        try container.encodeIfPresent(label_probability, forKey: .label_probability)
        for key in [CodingKeys.neighbors, .neighbours] { try container.encode(neighbors, forKey: key) }
    }
}
