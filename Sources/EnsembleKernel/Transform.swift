import CVectorKernels

/// What a row of logits becomes before it is standardised over the runs: x in the definition of the kernel.
public enum Transform: String, Codable, CaseIterable, Sendable {
    /// The logarithms of the class probabilities, exact also for very confident outputs. The default.
    case logSoftmax = "log-softmax"
    /// The class probabilities.
    case softmax
    /// The logits as they are.
    case raw

    var code: VKTransform {
        switch self {
        case .logSoftmax: VKLogSoftmax
        case .softmax: VKSoftmax
        case .raw: VKRaw
        }
    }
}
