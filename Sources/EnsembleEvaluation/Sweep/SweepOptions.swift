import EnsembleKernel
import Ensembles
import KernelPrediction

/// Options of `sweep`.
public struct SweepOptions: Sendable {
    /// Numbers of runs; nil for 4, 8, 16 ... and all.
    public var sizes: [Int]?
    /// Disjoint windows of each size, at most.
    public var windows = 8
    /// Transforms of the logits, one after the other.
    public var transforms = Transform.allCases
    /// Classes whose own kernels are computed; nil for all of up to 20.
    public var classes: [Int]?
    /// The searches; the transform is set for each.
    public var search = SearchOptions()
    /// Neighbors kept of each test example, at most.
    public var neighbors = PredictionOptions.Votes().kMax

    /// The defaults.
    public init() {}

    /// 4, 8, 16 ... below `runs`, and `runs`.
    package static func usualSizes(_ runs: Int) -> [Int] {
        Array(sequence(first: 4) { $0 * 2 }.prefix { $0 < runs }) + [runs]
    }

    /// Single-class kernels that are computed without being asked for.
    package static let mostClasses = 20
}
