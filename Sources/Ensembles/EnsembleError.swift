import ArrayFiles
import UserMessages

/// A request that does not fit an ensemble, or a part that an ensemble lacks. Callers may word the cases in their own
/// terms; ``description`` names no option of any program.
public enum EnsembleError: ExitCoded, Equatable {
    /// The first `runs` runs are requested, but the ensemble has only `available`.
    case runsOutOfRange(Int, available: Int)
    /// The labels of the test or of the training examples, needed by `purpose`, are missing.
    case missingLabels(ExampleSet, source: String, purpose: String)

    /// One line describing the case.
    public var description: String {
        switch self {
        case .runsOutOfRange(let runs, let available): "\(runs) runs: the ensemble has \(available)"
        case .missingLabels(let set, let source, let purpose):
            "\(source): no labels of the \(set.adjective) examples, which \(purpose) needs"
        }
    }

    /// The exit code: 64 for a request, 65 for missing labels.
    public var exitCode: ExitCode {
        switch self {
        case .runsOutOfRange: .usage
        case .missingLabels: .badData
        }
    }
}

extension UserError {
    /// Bad data (65), naming a tensor and its file.
    static func badTensor(_ tensor: Tensor, _ reason: String) -> UserError {
        badData("\(tensor.path): \(tensor.name) \(reason)")
    }
}
