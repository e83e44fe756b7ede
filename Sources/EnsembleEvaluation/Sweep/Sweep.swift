import ArrayFiles
import Ensembles
import Foundation
import KernelPrediction

/// What `sweep.json` says: accuracies by the number of runs, by vote, by transform and by class. Keys are only ever
/// added; fractions. Nothing in it depends on the ranks that made it.
public struct Sweep: Codable, Equatable, Sendable {
    /// Some successive runs.
    public struct Window: Codable, Hashable, Sendable {
        /// How many.
        public var runs: Int
        /// The first of them; windows of one size are disjoint, and those that begin with 0 are nested.
        public var first: Int

        /// `runs` runs from the run `first` on.
        public init(runs: Int, first: Int) {
            self.runs = runs
            self.first = first
        }
    }

    /// The averages of a window of the runs.
    public struct Average: Codable, Equatable, Sendable {
        /// The runs.
        public var window: Window
        /// Mean accuracy of a run.
        public var single_model_mean: Double
        /// Accuracy of the mean of the logits.
        public var ensemble_logits: Double
        /// Accuracy of the mean of the probabilities.
        public var ensemble_probabilities: Double
    }

    /// The kernel of a window of the runs.
    public struct Kernel: Codable, Equatable, Sendable {
        /// The runs.
        public var window: Window
        /// The transform of the logits.
        public var transform: Transform
        /// The one class whose kernel it is; absent for the mean over all.
        public var one_class: Int?
        /// Accuracies of the rules of ``Sweep/votes``, for each of them one for each of ``Sweep/k``.
        public var accuracies: [[Double]]

        private enum CodingKeys: String, CodingKey {
            case window, transform, accuracies
            case one_class = "class"
            /// The majority's accuracies, and those of each power: the first of `accuracies`, and the others.
            case majority, weighted
        }
    }

    /// The command that was run.
    public var command = "sweep"
    /// The program's version.
    public var version: String
    /// The ensemble.
    public var ensemble: EnsembleSize
    /// Numbers of neighbors that vote.
    public var k: [Int]
    /// Powers of the similarity by which votes are weighted.
    public var powers = Sweep.votes.compactMap(\.power)
    /// Single runs and averages, by windows.
    public var averages: [Average]
    /// Kernels, by transforms, windows and classes.
    public var kernels: [Kernel]
    /// How far the kernel would be another if other runs had been trained.
    public var reliability: Reliability
    /// Runs from which on the kernel's majority of 3 is better than the average of probabilities, means over the
    /// windows, by transform; absent where it never is.
    public var crossings: [String: Int]

    /// The kernels of all classes by one transform.
    public func kernels(_ transform: Transform) -> [Kernel] {
        kernels.filter { $0.transform == transform && $0.one_class == nil }
    }

    /// The transforms that were looked at, in their usual order.
    public var transforms: [Transform] { Transform.allCases.filter { !kernels($0).isEmpty } }

    /// The rules that are tried, the majority first.
    public static var votes: [Vote] { VoteGrid.votes }

    /// A vote of as many neighbors as were tried, that many or the next fewer.
    public func tried(_ vote: NearestVote) -> NearestVote { NearestVote(vote.vote, k: k.last { $0 <= vote.k } ?? k[0]) }

    /// The accuracies of a rule by one kernel, one for each of ``k``; empty where it was not tried.
    public func accuracies(of vote: Vote, by kernel: Kernel) -> [Double] {
        zip(Self.votes, kernel.accuracies).first { $0.0 == vote }?.1 ?? []
    }

    /// The accuracy of a vote that was tried, by one kernel; 0 for others.
    public func accuracy(of vote: NearestVote, by kernel: Kernel) -> Double {
        zip(k, accuracies(of: vote.vote, by: kernel)).first { $0.0 == vote.k }?.1 ?? 0
    }

    /// The votes of the data set card kjj0/cifar10-multirun-logits, or the nearest that were tried.
    public var cardVotes: (majority: NearestVote, weighted: NearestVote) {
        let card = PredictionOptions.Votes()
        return (tried(card.majority), tried(card.weighted))
    }

    /// A value of the windows of each size, from the smallest size on.
    public func byRuns<Point>(
        _ points: [Point], _ window: (Point) -> Window, _ value: (Point) -> Double
    ) -> [(runs: Int, values: [Double])] {
        Dictionary(grouping: points) { window($0).runs }.map { (runs: $0.key, values: $0.value.map(value)) }
            .sorted { $0.runs < $1.runs }
    }

    /// As JSON, keys in alphabetical order.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}

extension Sweep.Kernel {
    /// - Throws: `DecodingError` where a key is missing.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            window: try container.decode(Sweep.Window.self, forKey: .window),
            transform: try container.decode(Transform.self, forKey: .transform),
            one_class: try container.decodeIfPresent(Int.self, forKey: .one_class),
            accuracies: try container.decode([[Double]].self, forKey: .accuracies))
    }

    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(window, forKey: .window)
        try container.encode(transform, forKey: .transform)
        try container.encodeIfPresent(one_class, forKey: .one_class)
        try container.encode(accuracies, forKey: .accuracies)
        let byVote = Array(zip(Sweep.votes, accuracies))
        try container.encode(byVote.first { $0.0 == .majority }?.1 ?? [], forKey: .majority)
        try container.encode(byVote.filter { $0.0.power != nil }.map(\.1), forKey: .weighted)
    }
}
