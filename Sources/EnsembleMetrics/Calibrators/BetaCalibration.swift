import Platform

/// The probability with log-odds a log p - b log(1 - p) + c, where a and b are not negative: by logistic regression,
/// which is repeated without a term whose factor is negative.
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
        let (first, second) = (terms.map(\.0), terms.map(\.1))
        let both = LogisticRegression(of: [first, second], occurred)
        (a, b, c) = (both.factors[0], both.factors[1], both.intercept)
        if a < 0 {
            let one = LogisticRegression(of: [second], occurred)
            (a, b, c) = (0, one.factors[0], one.intercept)
        } else if b < 0 {
            let one = LogisticRegression(of: [first], occurred)
            (a, b, c) = (one.factors[0], 0, one.intercept)
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
