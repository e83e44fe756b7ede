/// Metrics of predictions whose probabilities were changed by what was learned from other examples.
public struct CalibratedMetrics: Codable, Equatable, Sendable {
    /// Share of wrong predictions.
    public let error: Double
    /// Mean of -log p of the label.
    public let negativeLogLikelihood: Double
    /// Brier score.
    public let brier: Double
    /// Expected calibration error of the predictions, in bins of equal width.
    public let expectedCalibrationError: Double
    /// The same in bins of equally many examples.
    public let adaptiveCalibrationError: Double
    /// Calibration error of each class's probability, averaged over the classes.
    public let classwiseCalibrationError: Double

    private enum CodingKeys: String, CodingKey {
        case error, brier
        case negativeLogLikelihood = "nll"
        case expectedCalibrationError = "ece"
        case adaptiveCalibrationError = "adaptive_ece"
        case classwiseCalibrationError = "classwise_ece"
    }

    /// Every metric with its name in files.
    public static var columns: [(name: String, value: KeyPath<CalibratedMetrics, Double>)] {
        [
            (.error, \.error), (.negativeLogLikelihood, \.negativeLogLikelihood), (.brier, \.brier),
            (.expectedCalibrationError, \.expectedCalibrationError),
            (.adaptiveCalibrationError, \.adaptiveCalibrationError),
            (.classwiseCalibrationError, \.classwiseCalibrationError),
        ].map { (key: CodingKeys, value: KeyPath<CalibratedMetrics, Double>) in (key.rawValue, value) }
    }

    /// Calibrates one half of the examples by what the other half teaches, and vice versa; means over both halves of
    /// the random divisions of `Predictions.calibratedLogLikelihood(seed:)`.
    ///
    /// Calibration errors are those of a half: larger than of all examples, also by ``Calibrator/none``.
    public init(of predictions: Predictions, by calibrator: Calibrator, seed: UInt64) {
        let halves = Halves.divisions(of: predictions.examples, seed: seed).map { fitted, scored in
            Self(of: calibrator.fitted(to: predictions.selecting(fitted))(predictions.selecting(scored)))
        }
        func mean(_ metric: KeyPath<Self, Double>) -> Double {
            halves.reduce(0) { $0 + $1[keyPath: metric] } / Double(halves.count)
        }
        error = mean(\.error)
        negativeLogLikelihood = mean(\.negativeLogLikelihood)
        brier = mean(\.brier)
        expectedCalibrationError = mean(\.expectedCalibrationError)
        adaptiveCalibrationError = mean(\.adaptiveCalibrationError)
        classwiseCalibrationError = mean(\.classwiseCalibrationError)
    }

    /// The metrics of calibrated predictions.
    private init(of calibrated: Predictions) {
        let answers = calibrated.answers
        error = Double(answers.count { !$0.isCorrect }) / Double(calibrated.examples)
        negativeLogLikelihood = calibrated.negativeLogLikelihood
        brier = calibrated.brier
        expectedCalibrationError = answers.calibrationError
        adaptiveCalibrationError = answers.adaptiveCalibrationError
        classwiseCalibrationError = calibrated.classwiseCalibrationError
    }
}
