import Ensembles
import ParallelRanges
import UserMessages

/// A request that a kernel, a search or a checkpoint cannot fulfill. Callers may word the cases in their own terms;
/// ``description`` names no option of any program.
public enum KernelError: ExitCoded, Equatable {
    /// The purpose for which the memory is too small.
    public enum MemoryPurpose: String, Sendable {
        case search = "this job"
        case pair = "a single pair"
        case checkpointTiles = "the tiles of the checkpoint"
        case evaluation = "the measurements of an ensemble"
    }

    /// A rank may use `available` bytes, but `purpose` takes `needed`.
    case memoryTooSmall(available: Int, needed: Int, purpose: MemoryPurpose)
    /// The grid is for another number of ranks.
    case gridDoesNotFit(ProcessGrid, ranks: Int)
    /// The class does not exist.
    case classOutOfRange(Int, classes: Int)
    /// The number of neighbors is not between 1 and `available`.
    case neighborsOutOfRange(Int, available: Int)
    /// The number of nearest examples by which the kernel is scaled is not between 1 and `available`, the number of
    /// others.
    case scalingOutOfRange(Int, available: Int)
    /// The checkpoint in `folder` was saved by a job that differs in `property`.
    case otherJob(folder: String, property: JobProperty, saved: String?, wanted: String?)
    /// The checkpoint in `folder` has another format than this version reads.
    case otherFormat(folder: String, format: Int, known: Int)

    /// One line describing the case.
    public var description: String {
        switch self {
        case .memoryTooSmall(let available, let needed, let purpose):
            "memory of \(ByteCount(available)): a rank needs at least \(ByteCount(needed)) for \(purpose.rawValue)"
        case .gridDoesNotFit(let grid, let ranks): "a grid of \(grid) needs \(grid.size) ranks, there are \(ranks)"
        case .classOutOfRange(let number, let classes): "class \(number): the classes are 0 to \(classes - 1)"
        case .neighborsOutOfRange(let neighbors, let available):
            "\(neighbors) neighbors: must be between 1 and \(available)"
        case .scalingOutOfRange(let nearest, let available):
            "scaling by \(nearest) nearest examples: must be between 1 and the \(available) others"
        case .otherJob(let folder, let property, let saved, let wanted):
            """
            \(folder): the checkpoint is of a job with other \(property.noun), \(saved ?? "none") instead of \
            \(wanted ?? "none")
            """
        case .otherFormat(let folder, let format, let known):
            "\(folder): the checkpoint is in format \(format), and this version reads format \(known)"
        }
    }

    /// The exit code 64: all cases are requests.
    public var exitCode: ExitCode { .usage }
}
