import Platform

/// The probability with log-odds a log p - b log(1 - p) + c, where a and b are not negative: by logistic regression,
/// which is repeated without a term whose factor is negative until there is none.
///
/// The regression has a normal prior around no change, a = b = 1 and c = 0. It weighs as much as a single example, so
/// that it matters only where there are hardly any, and is finite where events can be told apart. Source: Kull, Silva
/// Filho and Flach, "Beta calibration: a well-founded and easily implemented improvement on logistic calibration for
/// binary classifiers", 2017, without the prior.
struct BetaCalibration: BinaryCalibrator {
    private var a = 0.0
    private var b = 0.0
    private var c = 0.0

    init(probabilities: [Double], occurred: [Bool]) {
        let terms = probabilities.map(Self.terms)
        let columns = [terms.map(\.0), terms.map(\.1)]
        var used = [0, 1]
        while true {
            let fitted = LogisticRegression(of: used.map { columns[$0] }, occurred)
            if let negative = fitted.factors.firstIndex(where: { $0 < 0 }) {
                used.remove(at: negative)
                continue
            }
            for (place, factor) in zip(used, fitted.factors) { if place == 0 { a = factor } else { b = factor } }
            c = fitted.intercept
            return
        }
    }

    /// log p and -log(1 - p), for p not nearer to 0 or 1 than float64 numbers at 1 are to each other.
    private static func terms(_ probability: Double) -> (Double, Double) {
        let p = min(max(probability, .ulpOfOne), 1 - .ulpOfOne)
        return (log(p), -log1p(-p))
    }

    func apply(_ probability: Double) -> Double {
        let (first, second) = Self.terms(probability)
        return 1 / (1 + exp(-(a * first + b * second + c)))
    }
}
