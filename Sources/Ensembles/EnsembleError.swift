import ArrayFiles
import UserMessages

/// The test or the training examples.
public enum ExampleSet: String, Codable, Sendable {
    case test
    case train

    /// The word for messages: "test" or "training".
    public var adjective: String { self == .test ? "test" : "training" }
}

/// A request that does not fit an ensemble, or something that an ensemble lacks. Callers may word the cases in their
/// own terms; ``description`` names no option of any program.
public enum EnsembleError: ExitCoded, Equatable {
    /// The first `runs` runs are wanted of `available`.
    case runsOutOfRange(Int, available: Int)
    /// There are no labels of some examples, which `purpose` needs.
    case missingLabels(ExampleSet, source: String, purpose: String)

    /// One line.
    public var description: String {
        switch self {
        case .runsOutOfRange(let runs, let available): "\(runs) runs: the ensemble has \(available)"
        case .missingLabels(let set, let source, let purpose):
            "\(source): no labels of the \(set.adjective) examples, which \(purpose) needs"
        }
    }

    /// 64 for a request, 65 for what is missing.
    public var exitCode: ExitCode {
        switch self {
        case .runsOutOfRange: .usage
        case .missingLabels: .badData
        }
    }
}

extension UserError {
    /// Bad data (65) that names a tensor and its file.
    static func badTensor(_ tensor: Tensor, _ reason: String) -> UserError {
        badData("\(tensor.path): \(tensor.name) \(reason)")
    }
}
