import CSIMDKernels

/// What a row of logits becomes before it is standardized over the runs: x in the definition of the kernel.
public enum Transform: String, Codable, CaseIterable, Sendable {
    /// The logarithms of the class probabilities, exact also for very confident outputs. The default.
    case logSoftmax = "log-softmax"
    /// The class probabilities.
    case softmax
    /// The logits as they are.
    case raw

    var code: EKTransform {
        switch self {
        case .logSoftmax: EKLogSoftmax
        case .softmax: EKSoftmax
        case .raw: EKRaw
        }
    }
}
