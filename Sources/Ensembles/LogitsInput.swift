import CSIMDKernels

/// What the files of an ensemble hold for logits.
public enum LogitsInput: String, CaseIterable, Codable, Sendable {
    /// Logits: any numbers whose softmax is the class probabilities. Logarithms of probabilities are such numbers.
    case logits
    /// Class probabilities, whose natural logarithms are the logits. A 0 counts as the smallest positive number of the
    /// stored type.
    case probabilities
    /// Natural logarithms of class probabilities, some of which were 0 in the stored type: -infinity counts as the
    /// logarithm of its smallest positive number.
    case logProbabilities = "log-probabilities"

    var code: EKInputs {
        switch self {
        case .logits: EKLogits
        case .probabilities: EKProbabilities
        case .logProbabilities: EKLogProbabilities
        }
    }
}
