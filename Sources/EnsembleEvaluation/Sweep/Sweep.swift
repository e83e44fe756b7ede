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
        /// Accuracy of the majority, one for each of ``Sweep/k``.
        public var majority: [Double]
        /// Accuracy of the weighted vote, for each of ``Sweep/powers`` one for each of ``Sweep/k``.
        public var weighted: [[Double]]

        private enum CodingKeys: String, CodingKey {
            case window, transform, majority, weighted
            case one_class = "class"
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
    public var powers: [Double]
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

    /// The rules that were tried, the majority first.
    public var votes: [Vote] { [.majority] + powers.map { .weighted(power: $0) } }

    /// A vote of as many neighbors as were tried, that many or the next fewer.
    public func tried(_ vote: NearestVote) -> NearestVote { NearestVote(vote.vote, k: k.last { $0 <= vote.k } ?? k[0]) }

    /// The accuracies of a rule by one kernel, one for each of ``k``; empty where it was not tried.
    public func accuracies(of vote: Vote, by kernel: Kernel) -> [Double] {
        zip(votes, [kernel.majority] + kernel.weighted).first { $0.0 == vote }?.1 ?? []
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
