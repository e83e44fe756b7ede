import UserMessages

/// A request that an evaluation or a sweep cannot fulfill. Callers may word the cases in their own terms;
/// ``description`` names no option of any program.
public enum EvaluationError: ExitCoded, Equatable {
    /// Ensembles of `size` runs are wanted of a pool, called `pool`, that allows `least` to `most`.
    case sizeOutOfRange(Int, least: Int, most: Int, pool: String)
    /// The kernel of a class is wanted that there is not.
    case classOutOfRange(Int, classes: Int)
    /// A cascade of more runs than the pool has, or of one.
    case cascadeOutOfRange(Int, available: Int, pool: String)
    /// Pairs are wanted from a rank on that there is not.
    case duplicateRankOutOfRange(Int, test: Int)

    /// One line.
    public var description: String {
        switch self {
        case .sizeOutOfRange(let size, let least, let most, let pool):
            "ensembles of \(size) runs: \(pool) allows \(least) to \(most)"
        case .classOutOfRange(let number, let classes): "class \(number): the classes are 0 to \(classes - 1)"
        case .cascadeOutOfRange(let runs, let available, let pool):
            "a cascade of \(runs) runs: \(pool) has \(available), and it takes at least 2"
        case .duplicateRankOutOfRange(let rank, let test): "rank \(rank): there are \(test) test examples"
        }
    }

    /// 64.
    public var exitCode: ExitCode { .usage }
}
