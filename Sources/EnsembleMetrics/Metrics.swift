import Platform

/// Metrics of predictions: means over the examples, with natural logarithms.
public struct Metrics: Codable, Equatable, Sendable {
    /// Share of wrong predictions; among equally likely classes the smallest is predicted.
    public let error: Double
    /// Share of predictions whose label is not among the five most likely classes; of equally likely ones the smallest
    /// come first.
    public let topFiveError: Double
    /// Mean of -log p of the label.
    public let negativeLogLikelihood: Double
    /// Brier score: mean of the sum over classes of (p - 1[label])^2; between 0 and 2.
    public let brier: Double
    /// Expected calibration error of the predictions in 15 bins of equal width.
    public let expectedCalibrationError: Double
    /// Adaptive calibration error of the predictions in 15 bins of equally many examples.
    public let adaptiveCalibrationError: Double
    /// Calibration error of each class's probability, averaged over the classes.
    public let classwiseCalibrationError: Double
    /// Mean log-likelihood at a temperature fitted to other examples.
    public let calibratedLogLikelihood: Double
    /// The optimal temperature for all examples.
    public let temperature: Double
    /// Area under accuracy against coverage, the share of examples accepted by descending confidence.
    public let accuracyUnderRejection: Double

    private enum CodingKeys: String, CodingKey {
        case error, brier, temperature
        case topFiveError = "top_5_error"
        case negativeLogLikelihood = "nll"
        case expectedCalibrationError = "ece"
        case adaptiveCalibrationError = "adaptive_ece"
        case classwiseCalibrationError = "classwise_ece"
        case calibratedLogLikelihood = "calibrated_log_likelihood"
        case accuracyUnderRejection = "accuracy_under_rejection"
    }

    /// Computes the metrics of predictions; `seed` divides the examples into halves for the calibrated likelihood.
    public init(of predictions: Predictions, seed: UInt64) {
        let answers = predictions.answers
        let examples = Double(predictions.examples)
        error = Double(answers.count { !$0.isCorrect }) / examples
        topFiveError = predictions.topFiveError
        negativeLogLikelihood = predictions.negativeLogLikelihood
        brier = predictions.brier
        expectedCalibrationError = answers.calibrationError
        adaptiveCalibrationError = answers.adaptiveCalibrationError
        classwiseCalibrationError = predictions.classwiseCalibrationError
        temperature = predictions.fittedTemperature().temperature
        calibratedLogLikelihood = predictions.calibratedLogLikelihood(seed: seed)
        accuracyUnderRejection = answers.accuracyUnderRejection
    }
}

extension Metrics {
    /// Every metric with its name in files.
    public static var columns: [(name: String, value: KeyPath<Metrics, Double>)] {
        [
            (.error, \.error), (.topFiveError, \.topFiveError),
            (.negativeLogLikelihood, \.negativeLogLikelihood), (.brier, \.brier),
            (.expectedCalibrationError, \.expectedCalibrationError),
            (.adaptiveCalibrationError, \.adaptiveCalibrationError),
            (.classwiseCalibrationError, \.classwiseCalibrationError),
            (.calibratedLogLikelihood, \.calibratedLogLikelihood), (.temperature, \.temperature),
            (.accuracyUnderRejection, \.accuracyUnderRejection),
        ].map { (key: CodingKeys, value: KeyPath<Metrics, Double>) in (key.rawValue, value) }
    }

    /// Combines the values of several ensembles, metric by metric.
    init(combining ensembles: [Metrics], by combine: ([Double]) -> Double) {
        func of(_ measure: KeyPath<Metrics, Double>) -> Double { combine(ensembles.map { $0[keyPath: measure] }) }
        error = of(\.error)
        topFiveError = of(\.topFiveError)
        negativeLogLikelihood = of(\.negativeLogLikelihood)
        brier = of(\.brier)
        expectedCalibrationError = of(\.expectedCalibrationError)
        adaptiveCalibrationError = of(\.adaptiveCalibrationError)
        classwiseCalibrationError = of(\.classwiseCalibrationError)
        calibratedLogLikelihood = of(\.calibratedLogLikelihood)
        temperature = of(\.temperature)
        accuracyUnderRejection = of(\.accuracyUnderRejection)
    }
}

extension Predictions {
    /// Mean of -log p of the label.
    var negativeLogLikelihood: Double {
        -labels.indices.reduce(0) { $0 + logProbabilities[$1 * classes + Int(labels[$1])] } / Double(examples)
    }

    /// Share of examples whose label is not among the five most likely classes.
    var topFiveError: Double {
        let missed = labels.indices.count { example in
            let own = logProbabilities[example * classes + Int(labels[example])]
            let before = (0..<classes).count { c in
                let other = logProbabilities[example * classes + c]
                return other > own || other == own && c < Int(labels[example])
            }
            return before >= 5
        }
        return Double(missed) / Double(examples)
    }

    /// Mean of the sum over classes of (p - 1[label])^2. Source: Brier, "Verification of forecasts expressed in terms
    /// of probability", 1950.
    var brier: Double {
        var sum = 0.0
        for example in labels.indices {
            for c in 0..<classes {
                let distance = exp(logProbabilities[example * classes + c]) - (labels[example] == Int32(c) ? 1 : 0)
                sum += distance * distance
            }
        }
        return sum / Double(examples)
    }
}
