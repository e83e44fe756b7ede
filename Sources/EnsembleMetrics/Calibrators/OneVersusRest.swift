import Platform

/// A function that changes the probability of one event, learned from how often such events occurred.
protocol BinaryCalibrator {
    /// Learns from the probabilities of events and whether they occurred; some did and some did not.
    init(probabilities: [Double], occurred: [Bool])

    /// The calibrated probability.
    func apply(_ probability: Double) -> Double
}

/// A calibrator of each class against the others; in every row the results are divided by their sum.
///
/// A class without labels, or with all of them, keeps its probabilities: there is nothing to learn from. If all results
/// are 0, the classes are equally likely. Source: Zadrozny and Elkan, "Transforming classifier scores into accurate
/// multiclass probability estimates", 2002.
struct OneVersusRest {
    private let ofClass: [(any BinaryCalibrator)?]

    init(
        fittedTo predictions: Predictions,
        _ fit: (_ probabilities: [Double], _ occurred: [Bool]) -> some BinaryCalibrator
    ) {
        ofClass = (0..<predictions.classes).map { c in
            let occurred = predictions.labels.map { $0 == Int32(c) }
            guard occurred.contains(true), occurred.contains(false) else { return nil }
            return fit(predictions.probabilities(of: c), occurred)
        }
    }

    func apply(_ predictions: Predictions) -> Predictions {
        let classes = predictions.classes
        var probabilities = predictions.logProbabilities.map { exp($0) }
        for (c, calibrator) in ofClass.enumerated() {
            guard let calibrator else { continue }
            for place in stride(from: c, to: probabilities.count, by: classes) {
                probabilities[place] = calibrator.apply(probabilities[place])
            }
        }
        for first in stride(from: 0, to: probabilities.count, by: classes) {
            let sum = probabilities[first..<first + classes].reduce(0, +)
            for place in first..<first + classes {
                probabilities[place] = sum > 0 ? probabilities[place] / sum : 1 / Double(classes)
            }
        }
        return Predictions(probabilities: probabilities, classes: classes, labels: predictions.labels)
    }
}
