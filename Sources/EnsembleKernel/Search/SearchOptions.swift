import Ensembles
import ParallelRanges

/// Options of every search for neighbors: the kernel's transform, and the use of the machine. Results depend on the
/// transform alone.
public struct SearchOptions: Sendable {
    /// The transform of the logits.
    public var transform = Transform.logSoftmax
    /// The process grid; chosen by the ``CostModel`` where nil.
    public var grid: ProcessGrid?
    /// Threads of each rank.
    public var threads = 1
    /// The screen.
    public var screen = Screen.fastest
    /// Bytes that each rank may use, pages of mapped files apart; the same on every rank.
    public var memory = MemoryBudget.usual(ranksOnHost: 1)

    /// The defaults.
    public init() {}
}
