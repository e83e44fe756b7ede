import Ensembles
import ParallelRanges

/// Options of every search for neighbors: the kernel's transform, and the use of the machine. Results depend on the
/// transform alone.
public struct SearchOptions: Sendable {
    /// The transform applied to the logits.
    public var transform = Transform.logSoftmax
    /// The process grid; nil to let the ``CostModel`` choose it.
    public var grid: ProcessGrid?
    /// Number of threads of each rank.
    public var threads = 1
    /// The precision of the screening pass.
    public var screen = Screen.fastest
    /// Bytes that each rank may use, without pages of mapped files; the same on every rank.
    public var memory = MemoryBudget.usual(ranksOnHost: 1)

    /// The default options.
    public init() {}
}
