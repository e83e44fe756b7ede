import EnsembleKernel
import Ensembles
import KernelPrediction

/// Options of the command `sweep`.
public struct SweepOptions: Sendable {
    /// Numbers of runs; nil for 4, 8, 16 ... and all.
    public var sizes: [Int]?
    /// The largest number of disjoint windows of each size.
    public var windows = 8
    /// Transforms of the logits, one after the other; at least one.
    public var transforms: [Transform] = [.logSoftmax, .softmax, .raw]
    /// Classes whose own kernels are computed; nil for all classes if there are at most 20.
    public var classes: [Int]?
    /// Whether the kernels of single classes are computed for the first window of every size and for every transform,
    /// and not of all runs by the first transform only.
    public var sweepsClasses = false
    /// Number of nearest examples by which the kernel of all classes by the first transform is scaled, too; nil for the
    /// kernel alone.
    public var scaling: Int?
    /// The images by whose pixels the votes are held as a control; nil for none.
    public var controls: PredictionOptions.ExampleImages?
    /// Options of the searches; the transform is set for each.
    public var search = SearchOptions()
    /// The largest number of neighbors kept for each test example.
    public var neighbors = PredictionOptions.Votes().kMax

    /// The default options.
    public init() {}

    /// The numbers 4, 8, 16 ... below `runs`, followed by `runs`.
    package static func usualSizes(_ runs: Int) -> [Int] {
        Array(sequence(first: 4) { $0 * 2 }.prefix { $0 < runs }) + [runs]
    }

    /// The largest number of single-class kernels that are computed by default.
    package static let mostClasses = 20
}
