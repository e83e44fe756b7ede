/// The bins of probabilities of all calibration errors.
enum CalibrationBins {
    /// Number of bins.
    static let count = 15

    /// The bin of a probability among bins of equal width (lo, hi]; 0 is in the first.
    static func bin(of probability: Double) -> Int {
        max(0, min(count - 1, Int((probability * Double(count)).rounded(.up) - 1)))
    }
}

/// The predictions of similar confidence.
public struct ReliabilityBin: Codable, Equatable, Sendable {
    /// Number of predictions.
    public var answers: Int
    /// Mean confidence of the predictions; 0 if there are none.
    public var confidence: Double
    /// Share of correct predictions; 0 if there are none.
    public var accuracy: Double

    /// A bin with these values.
    public init(answers: Int, confidence: Double, accuracy: Double) {
        (self.answers, self.confidence, self.accuracy) = (answers, confidence, accuracy)
    }
}

extension [ScoredPrediction] {
    /// The predictions by confidence, in the bins of the calibration error.
    public var reliabilityBins: [ReliabilityBin] {
        let bins = map { CalibrationBins.bin(of: $0.confidence) }
        return (0..<CalibrationBins.count).map { bin in
            let some = zip(bins, self).filter { $0.0 == bin }.map(\.1)
            let count = Double(Swift.max(1, some.count))
            return ReliabilityBin(
                answers: some.count, confidence: some.reduce(0) { $0 + $1.confidence } / count,
                accuracy: Double(some.count { $0.isCorrect }) / count)
        }
    }

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
