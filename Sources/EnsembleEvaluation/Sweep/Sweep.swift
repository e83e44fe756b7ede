import ArrayFiles
import EnsembleMetrics
import Ensembles
import KernelPrediction
import Platform

/// The contents of `sweep.json`: accuracies by the number of runs, by vote, by transform and by class. Keys are only
/// ever added; accuracies are fractions. Nothing in it depends on the ranks that computed it.
public struct Sweep: Codable, Equatable, Sendable {
    /// A range of consecutive runs.
    public struct Window: Codable, Hashable, Sendable {
        /// Number of runs.
        public var runs: Int
        /// The first run; windows of one size are disjoint, and those that start at 0 are nested.
        public var first: Int

        /// The window of `runs` runs starting at run `first`.
        public init(runs: Int, first: Int) {
            self.runs = runs
            self.first = first
        }
    }

    /// The averages of a window of the runs.
    public struct Average: Codable, Equatable, Sendable {
        /// The window of runs.
        public var window: Window
        /// Mean accuracy of the runs.
        public var single_model_mean: Double
        /// Accuracy of the mean of the logits.
        public var ensemble_logits: Double
        /// Accuracy of the mean of the probabilities.
        public var ensemble_probabilities: Double
    }

    /// A vote by the locally scaled kernel of a window of the runs, and its product with the average of probabilities.
    public struct Local: Codable, Equatable, Sendable {
        /// Number of neighbors that vote.
        public var k: Int
        /// Power of the weights (1 + S)^power.
        public var power: Double
        /// Accuracy of the vote.
        public var accuracy: Double
        /// This accuracy less that of the average of probabilities.
        public var less_average: PairedDifference
        /// Accuracy of the product.
        public var product: Double
        /// This accuracy less that of the average of probabilities.
        public var product_less_average: PairedDifference
    }

    /// The kernel of a window of the runs.
    public struct Kernel: Codable, Equatable, Sendable {
        /// The window of runs.
        public var window: Window
        /// The transform applied to the logits.
        public var transform: Transform
        /// The only class of the kernel; absent for the mean over all classes.
        public var one_class: Int?
        /// Accuracies of the rules in ``Sweep/votes``: for each rule, one for each of ``Sweep/k``.
        public var accuracies: [[Double]]
        /// The accuracy of the majority vote of 3, or of the next smaller number of neighbors in the sweep, less that
        /// of the average of probabilities of the same runs; absent for a single class.
        public var less_average: PairedDifference?
        /// The vote by the kernel locally scaled; absent unless that was asked for.
        public var local: Local?
        /// How unevenly the training examples are spread over the neighbors of the test examples.
        public var hubness: Hubness?

        private enum CodingKeys: String, CodingKey {
            case window, transform, accuracies, less_average, hubness, local
            case one_class = "class"
            /// The accuracies of the majority vote, the first of `accuracies`, and those of each power, the others.
            case majority, weighted
        }
    }

    /// The command that wrote the file.
    public var command = "sweep"
    /// The version of the program.
    public var version: String
    /// The size and the files of the ensemble.
    public var ensemble: EnsembleSize
    /// Numbers of neighbors that vote.
    public var k: [Int]
    /// Names of the rules in ``votes``: of the accuracies of each kernel, in their order.
    public var rules = Sweep.votes.map(\.shortName)
    /// Powers of the similarity in the weighted votes.
    public var powers = Sweep.votes.compactMap(\.power)
    /// Single runs and averages, by window.
    public var averages: [Average]
    /// Kernels, by transform, window and class.
    public var kernels: [Kernel]
    /// The split-half reliability of the kernel.
    public var reliability: Reliability
    /// The smallest number of runs from which on the kernel's majority vote of 3 is better than the average of
    /// probabilities, in the mean over the windows, by transform; of the vote by the locally scaled kernel, `local`.
    /// Absent if there is none.
    public var crossings: [String: Int]
    /// The same for a vote that is better by more than two standard errors of the paired difference over the test
    /// examples.
    public var clear_crossings: [String: Int]? = nil
    /// The same votes by the correlation of the images' pixels; absent unless that was asked for.
    public var pixels: Summary.Accuracy.Pixels?

    /// The name of the locally scaled kernel among those of the transforms.
    public static let local = NeighborScaling.local.rawValue

    /// The kernels of all classes by one transform.
    public func kernels(_ transform: Transform) -> [Kernel] {
        kernels.filter { $0.transform == transform && $0.one_class == nil }
    }

    /// The kernels of single classes by one transform, of all numbers of runs that were looked at.
    public func kernelsOfClasses(_ transform: Transform) -> [Kernel] {
        kernels.filter { $0.transform == transform && $0.one_class != nil }
    }

    /// The kernels of single classes of all runs, by the first transform.
    public var kernelsOfClassesOfAllRuns: [Kernel] {
        kernels.filter {
            $0.one_class != nil && $0.transform == kernels[0].transform && $0.window.runs == ensemble.runs
        }
    }

    /// Whether there are kernels of single classes of several numbers of runs, or by several transforms.
    public var sweepsClasses: Bool {
        kernels.contains { $0.one_class != nil && !kernelsOfClassesOfAllRuns.contains($0) }
    }

    /// The transforms in the sweep, in their order.
    public var transforms: [Transform] {
        kernels.reduce(into: []) { if !$0.contains($1.transform) { $0.append($1.transform) } }
    }

    /// The rules in every sweep, the majority first.
    public static var votes: [Vote] { VoteGrid.votes }

    /// The vote in the sweep with the same rule and the same number of neighbors or the next smaller one.
    public func tried(_ vote: NearestVote) -> NearestVote { VoteGrid(ks: k).tried(vote) }

    /// The accuracies of a rule by one kernel, one for each of ``k``; empty if it is not in the sweep.
    public func accuracies(of vote: Vote, by kernel: Kernel) -> [Double] {
        zip(Self.votes, kernel.accuracies).first { $0.0 == vote }?.1 ?? []
    }

    /// The accuracy of a vote in the sweep by one kernel; 0 for other votes.
    public func accuracy(of vote: NearestVote, by kernel: Kernel) -> Double {
        zip(k, accuracies(of: vote.vote, by: kernel)).first { $0.0 == vote.k }?.1 ?? 0
    }

    /// The votes of the data set card of kjj0/cifar10-multirun-logits, or the nearest ones in the sweep.
    public var publishedVotes: (majority: NearestVote, weighted: NearestVote) {
        let card = PredictionOptions.Votes()
        return (tried(card.majority), tried(card.weighted))
    }

    /// The values of the windows, grouped by their number of runs in ascending order.
    public func byRuns<Point>(
        _ points: [Point], _ window: (Point) -> Window, _ value: (Point) -> Double
    ) -> [(runs: Int, values: [Double])] {
        Dictionary(grouping: points) { window($0).runs }.map { (runs: $0.key, values: $0.value.map(value)) }
            .sorted { $0.runs < $1.runs }
    }

    /// The sweep as JSON, keys in alphabetical order.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}

extension Sweep.Kernel {
    /// Decodes a kernel from the current keys.
    ///
    /// - Throws: `DecodingError` if a key is missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            window: try container.decode(Sweep.Window.self, forKey: .window),
            transform: try container.decode(Transform.self, forKey: .transform),
            one_class: try container.decodeIfPresent(Int.self, forKey: .one_class),
            accuracies: try container.decode([[Double]].self, forKey: .accuracies),
            less_average: try container.decodeIfPresent(PairedDifference.self, forKey: .less_average),
            local: try container.decodeIfPresent(Sweep.Local.self, forKey: .local),
            hubness: try container.decodeIfPresent(Hubness.self, forKey: .hubness))
    }

    /// Encodes the kernel, with the keys of the previous version as well.
    ///
    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(window, forKey: .window)
        try container.encode(transform, forKey: .transform)
        try container.encodeIfPresent(one_class, forKey: .one_class)
        try container.encode(accuracies, forKey: .accuracies)
        try container.encodeIfPresent(less_average, forKey: .less_average)
        try container.encodeIfPresent(local, forKey: .local)
        try container.encodeIfPresent(hubness, forKey: .hubness)
        let byVote = Array(zip(Sweep.votes, accuracies))
        try container.encode(byVote.first { $0.0 == .majority }?.1 ?? [], forKey: .majority)
        try container.encode(byVote.filter { $0.0.power != nil }.map(\.1), forKey: .weighted)
    }
}
