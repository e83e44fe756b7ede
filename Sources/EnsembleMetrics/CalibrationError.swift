/// The bins of probabilities of all calibration errors.
enum CalibrationBins {
    /// Number of bins.
    static let count = 15

    /// The bin of a probability among bins of equal width (lo, hi]; 0 is in the first.
    static func bin(of probability: Double) -> Int {
        max(0, min(count - 1, Int((probability * Double(count)).rounded(.up) - 1)))
    }
}

extension [ScoredPrediction] {
    /// Expected calibration error: the predictions are put into 15 bins of equal width (lo, hi] by their confidence, 0
    /// into the first; the distance between mean confidence and accuracy is averaged over the bins, weighted by their
    /// shares of the predictions. Source: Guo et al., "On calibration of modern neural networks", 2017.
    var calibrationError: Double {
        var gaps = [Double](repeating: 0, count: CalibrationBins.count)
        for answer in self {
            gaps[CalibrationBins.bin(of: answer.confidence)] += answer.confidence - (answer.isCorrect ? 1 : 0)
        }
        return gaps.reduce(0) { $0 + abs($1) } / Double(count)
    }

    /// Adaptive calibration error: the same with bins of equally many predictions, or one more in the first bins, least
    /// confident first. Source: Nguyen and O'Connor, "Posterior calibration and exploratory analysis for natural
    /// language processing models", 2015.
    var adaptiveCalibrationError: Double {
        let ranked: [(confidence: Double, accuracy: Double)] = rankedByConfidence.reversed()
        let (length, longer) = count.quotientAndRemainder(dividingBy: CalibrationBins.count)
        var (first, sum) = (0, 0.0)
        for bin in 0..<CalibrationBins.count {
            let end = first + length + (bin < longer ? 1 : 0)
            sum += abs(ranked[first..<end].reduce(0.0) { gap, answer in gap + answer.confidence - answer.accuracy })
            first = end
        }
        return sum / Double(count)
    }
}

extension Predictions {
    /// The calibration error of the binary predictions "of class c" over all examples, averaged over the classes.
    /// Source: Nixon et al., "Measuring calibration in deep learning", 2019.
    var classwiseCalibrationError: Double {
        let errors = (0..<classes).map { c in
            zip(probabilities(of: c), labels).map { ScoredPrediction(confidence: $0, isCorrect: $1 == Int32(c)) }
                .calibrationError
        }
        return errors.reduce(0, +) / Double(classes)
    }
}
