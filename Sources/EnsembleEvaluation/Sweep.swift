import ArrayFiles
import EnsembleKernel
import Foundation

/// What `sweep.json` says: accuracies by the number of runs, by vote, by transform and by class. Keys are only ever added;
/// fractions. Nothing in it depends on the ranks that made it.
public struct Sweep: Codable, Equatable, Sendable {
    /// What was swept.
    public struct EnsembleSize: Codable, Equatable, Sendable {
        /// Runs R, test examples T, train examples N and classes C.
        public var runs, test, train, classes: Int
        /// The files of the logits, in the order of their runs.
        public var sources: [String]
    }

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
        /// What the logits became.
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
    /// What was swept.
    public var ensemble: EnsembleSize
    /// Numbers of neighbours that vote.
    public var k: [Int]
    /// Powers of the similarity by which votes are weighted.
    public var powers: [Double]
    /// Single runs and averages, by windows.
    public var averages: [Average]
    /// Kernels, by transforms, windows and classes.
    public var kernels: [Kernel]
    /// How far the kernel would be another if other runs had been trained.
    public var reliability: Reliability
    /// Runs from which on the kernel's majority of 3 is better than the average of probabilities, means over the windows,
    /// by transform; absent where it never is.
    public var crossings: [String: Int]

    /// The kernels of all classes by one transform.
    public func kernels(_ transform: Transform) -> [Kernel] {
        kernels.filter { $0.transform == transform && $0.one_class == nil }
    }

    /// The transforms that were looked at, in their usual order.
    public var transforms: [Transform] { Transform.allCases.filter { !kernels($0).isEmpty } }

    /// The place in ``k`` of so many neighbours, or of the next fewer: of the card's votes, 3 and 20.
    public func place(of neighbours: Int) -> Int { k.lastIndex { $0 <= neighbours } ?? 0 }

    /// The place in ``powers`` of the card's, 4.
    public var placeOfFourthPower: Int { powers.firstIndex(of: 4) ?? 0 }

    /// A value of the windows of each size, from the smallest size on.
    public func byRuns<Point>(
        _ points: [Point], _ window: (Point) -> Window, _ value: (Point) -> Double
    ) -> [(runs: Int, values: [Double])] {
        Dictionary(grouping: points) { window($0).runs }.map { (runs: $0.key, values: $0.value.map(value)) }
            .sorted { $0.runs < $1.runs }
    }

    /// As JSON, keys in alphabetical order.
    public func json() throws -> String {
        String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self) + "\n"
    }
}
