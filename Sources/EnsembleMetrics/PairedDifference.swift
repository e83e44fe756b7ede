/// The accuracy of one classifier less that of another on the same examples. Only the examples on which one is correct
/// and the other is not say anything about it, so its standard error is much smaller than those of both accuracies.
public struct PairedDifference: Codable, Equatable, Sendable {
    /// The difference, as a fraction of the examples.
    public let mean: Double
    /// The standard error of the difference over examples: sqrt((a + b) / n - mean^2) / sqrt(n - 1), where of n
    /// examples a are predicted correctly by the first classifier alone and b by the second alone.
    public let standard_error: Double

    /// The difference from the number of examples, and of those that only one classifier predicts correctly.
    ///
    /// - Precondition: At least one example.
    public init(examples: Int, firstAlone: Int, secondAlone: Int) {
        precondition(examples > 0 && firstAlone >= 0 && secondAlone >= 0 && firstAlone + secondAlone <= examples)
        let count = Double(examples)
        mean = Double(firstAlone - secondAlone) / count
        let variance = max(0, Double(firstAlone + secondAlone) / count - mean * mean)
        standard_error = examples > 1 ? (variance / (count - 1)).squareRoot() : 0
    }

    /// The mean of differences on the same examples: its standard error is that of one of them, as if they were the
    /// same classifiers.
    ///
    /// - Precondition: At least one difference.
    public init(meanOf differences: [PairedDifference]) {
        mean = differences.map(\.mean).mean
        standard_error = differences.map(\.standard_error).mean
    }

    /// Whether the first classifier is better by more than two standard errors.
    public var isClearlyPositive: Bool { mean > 2 * standard_error }
}
