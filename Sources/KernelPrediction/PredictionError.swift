import UserMessages

/// A request that a prediction cannot fulfill. Callers may word the cases in their own terms; ``description`` names no
/// option of any program.
public enum PredictionError: ExitCoded, Equatable {
    /// The purpose of a number of neighbors.
    public enum Role: String, CaseIterable, Sendable {
        case majority = "majority vote"
        case weighted = "weighted vote"
        case kept
    }

    /// The number of neighbors is not between 1 and the number of training examples.
    case neighborsOutOfRange(Role, Int, training: Int)
    /// Fewer neighbors are kept than vote, or than the kernel is scaled by.
    case fewerKeptThanVote(Int)

    /// One line describing the case.
    public var description: String {
        switch self {
        case .neighborsOutOfRange(let role, let k, let training):
            "\(k) neighbors (\(role.rawValue)): must be between 1 and the \(training) training examples"
        case .fewerKeptThanVote(let kept): "\(kept) neighbors kept: fewer than vote, or than the kernel is scaled by"
        }
    }

    /// The exit code 64.
    public var exitCode: ExitCode { .usage }
}
