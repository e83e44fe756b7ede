import UserMessages

/// A request that an evaluation or a sweep cannot fulfill. Callers may word the cases in their own terms;
/// ``description`` names no option of any program.
public enum EvaluationError: ExitCoded, Equatable {
    /// Ensembles of a size are requested from a pool, called `pool`, that allows `least` to `most` runs.
    case sizeOutOfRange(Int, least: Int, most: Int, pool: String)
    /// Ensembles of equal cost are requested of a pool of unknown costs.
    case costsUnknown(pool: String)
    /// The kernel of a class is requested that does not exist.
    case classOutOfRange(Int, classes: Int)
    /// A cascade of more runs than the pool has, or of a single run.
    case cascadeOutOfRange(Int, available: Int, pool: String)
    /// A cascade that begins with one run, by a score that compares runs.
    case cascadeScoreOfOneRun(score: String)
    /// A cascade by a score of logits of which the pool has none.
    case cascadeScoreNotMeasured(score: String, pool: String)
    /// More runs are to be chosen than the pool has.
    case selectionOutOfRange(Int, available: Int, pool: String)
    /// Near-duplicates are requested from a rank on that does not exist.
    case duplicateRankOutOfRange(Int, test: Int)
    /// There is not a name for each class.
    case wrongNumberOfClassNames(Int, classes: Int)

    /// One line describing the case.
    public var description: String {
        switch self {
        case .sizeOutOfRange(let size, let least, let most, let pool):
            "ensembles of \(size) runs: \(pool) allows \(least) to \(most)"
        case .costsUnknown(let pool): "ensembles of equal cost: the training costs of \(pool) are not known"
        case .classOutOfRange(let number, let classes): "class \(number): the classes are 0 to \(classes - 1)"
        case .cascadeOutOfRange(let runs, let available, let pool):
            "a cascade of \(runs) runs: \(pool) has \(available), and it takes at least 2"
        case .cascadeScoreOfOneRun(let score): "a cascade by \(score): one run has none; begin with 2 or more"
        case .cascadeScoreNotMeasured(let score, let pool):
            "a cascade by \(score): \(pool) has no logits of several classes"
        case .selectionOutOfRange(let size, let available, let pool):
            "an ensemble of \(size) runs: \(pool) has \(available)"
        case .duplicateRankOutOfRange(let rank, let test): "near-duplicate \(rank): there are \(test) test examples"
        case .wrongNumberOfClassNames(let names, let classes):
            "\(names) class name\(names == 1 ? "" : "s"): there are \(classes) classes"
        }
    }

    /// The exit code 64.
    public var exitCode: ExitCode { .usage }
}
