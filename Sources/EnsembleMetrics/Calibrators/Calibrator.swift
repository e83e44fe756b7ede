/// A method that learns from predictions and labels how the probabilities of a predictor are to be changed, so that
/// they are as large as the predictions are often correct.
public enum Calibrator: String, Codable, CaseIterable, Sendable {
    /// Nothing is changed: what to compare the others with.
    case none
    /// softmax(log p / T). Source: Guo et al., "On calibration of modern neural networks", 2017.
    case temperature
    /// ``VectorScaling``.
    case vector
    /// ``IsotonicRegression`` of each class against the others.
    case isotonic
    /// ``BetaCalibration`` of each class against the others.
    case beta
    /// ``HistogramBinning`` of each class against the others.
    case histogram

    /// What the method learns from `predictions`: a function of other predictions by the same predictor.
    package func fitted(to predictions: Predictions) -> (Predictions) -> Predictions {
        switch self {
        case .none: return { $0 }
        case .temperature:
            let beta = 1 / predictions.fittedTemperature().temperature
            return { $0.normalizing { logarithm, _ in beta * logarithm } }
        case .vector:
            let scaling = VectorScaling(fittedTo: predictions)
            return { $0.normalizing { logarithm, c in scaling.weights[c] * logarithm + scaling.biases[c] } }
        case .isotonic: return OneVersusRest(fittedTo: predictions, IsotonicRegression.init).apply
        case .beta: return OneVersusRest(fittedTo: predictions, BetaCalibration.init).apply
        case .histogram: return OneVersusRest(fittedTo: predictions, HistogramBinning.init).apply
        }
    }
}
