/// The variance of the test accuracy from run to run, and the part of it that exceeds chance on a finite test set.
///
/// Source: Jordan, "Calibrated chaos: variance between runs of neural network training is harmless and inevitable",
/// 2023 (arXiv 2304.01910).
public struct RunVariance: Codable, Equatable, Sendable {
    /// Mean accuracy of the runs.
    public let meanAccuracy: Double
    /// Variance of the accuracy over the runs, with R - 1; nil for a single run, like the values derived from it.
    public let variance: Double?
    /// The variance of the accuracy if the errors on different examples were independent: the sum over examples of
    /// p (1 - p) / M^2, with p the share of runs that are correct, times R / (R - 1) to be unbiased.
    public let independentVariance: Double?
    /// Variance of the accuracy on the whole distribution from which the test examples are drawn: M / (M - 1) times the
    /// difference of the two variances. It may be negative by chance.
    public let distributionwiseVariance: Double?
    /// The lower bound of the variance of calibrated runs: error / (M C).
    public let calibrationBound: Double

    private enum CodingKeys: String, CodingKey {
        case variance
        case meanAccuracy = "mean_accuracy"
        case independentVariance = "independent_variance"
        case distributionwiseVariance = "distributionwise_variance"
        case calibrationBound = "calibration_bound"
    }

    /// Computes the variances from counts of correct predictions.
    ///
    /// - Parameters:
    ///   - correctOfRun: Number of correct predictions of each of R runs.
    ///   - correctOfExample: Number of correct runs for each of M examples.
    ///   - classes: Number of classes C.
    public init(correctOfRun: [Int], correctOfExample: [Int], classes: Int) {
        let (runs, examples) = (Double(correctOfRun.count), Double(correctOfExample.count))
        let accuracies = correctOfRun.map { Double($0) / examples }
        let mean = accuracies.mean
        meanAccuracy = mean
        calibrationBound = (1 - mean) / (examples * Double(classes))
        guard correctOfRun.count > 1 else {
            (variance, independentVariance, distributionwiseVariance) = (nil, nil, nil)
            return
        }
        let total = accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (runs - 1)
        let independent =
            correctOfExample.reduce(0.0) { sum, right in
                let p = Double(right) / runs
                return sum + p * (1 - p)
            } / (examples * examples) * runs / (runs - 1)
        variance = total
        independentVariance = independent
        distributionwiseVariance = examples > 1 ? examples / (examples - 1) * (total - independent) : nil
    }
}
