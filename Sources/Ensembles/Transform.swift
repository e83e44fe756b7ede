import CSIMDKernels

/// The transform applied to the logits before they are standardized over the runs: x in the definition of the kernel.
public enum Transform: String, Codable, CaseIterable, Sendable {
    /// The logarithms of the class probabilities, accurate for very confident outputs too. The default.
    case logSoftmax = "log-softmax"
    /// The class probabilities.
    case softmax
    /// The logits unchanged.
    case raw
    /// The logits less their mean over the classes.
    case centered
    /// The logits less the largest of the example.
    case minusMax = "minus-max"

    var code: EKTransform {
        switch self {
        case .logSoftmax: EKLogSoftmax
        case .softmax: EKSoftmax
        case .raw: EKRaw
        case .centered: EKCentered
        case .minusMax: EKMinusMax
        }
    }
}
