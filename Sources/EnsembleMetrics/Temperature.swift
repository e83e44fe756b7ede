import CSIMDKernels
import Foundation

extension Predictions {
    /// The temperatures that are considered. What is right throughout would be best at 0, and what is worse than chance
    /// at infinity: they end at a bound. The lower one lets no half without an error ruin the likelihood of the other,
    /// where a single wrong answer would cost a thousand times its margin.
    static let temperatures = 0.1...1e3

    /// The temperature T under which log_softmax(log p / T) gives the labels the largest likelihood, and the mean
    /// negative log-likelihood there. Source: Guo et al., "On calibration of modern neural networks", 2017.
    ///
    /// The loss is convex in 1/T: Newton's method, kept within a bracket that shrinks, from `first` on.
    func fittedTemperature(from first: Double = 1) -> (temperature: Double, negativeLogLikelihood: Double) {
        var powers = [Double](repeating: 0, count: Int(EK_TEMPERED_ROWS) * classes)
        var (low, high) = (1 / Self.temperatures.upperBound, 1 / Self.temperatures.lowerBound)
        let (coldest, hottest) = (temperedLoss(high, &powers), temperedLoss(low, &powers))
        // Where all classes are equally likely every temperature is as good.
        if coldest.slope == 0, hottest.slope == 0 { return (1, hottest.value) }
        // A loss that still falls at a bound, or is flat there, has its least value at no other place.
        if coldest.slope <= 0 { return (1 / high, coldest.value) }
        if hottest.slope >= 0 { return (1 / low, hottest.value) }
        var beta = min(max(1 / first, low), high)
        for _ in 0..<100 {
            let loss = temperedLoss(beta, &powers)
            if loss.slope > 0 { high = beta } else { low = beta }
            let newton = beta - loss.slope / loss.curvature
            // Between powers of ten the middle is the geometric one.
            let next = newton > low && newton < high ? newton : (low * high).squareRoot()
            let isSettled = abs(next - beta) <= 1e-10 * beta || high - low <= 1e-10 * high
            beta = next
            if isSettled { break }
        }
        return (1 / beta, temperedLoss(beta, &powers).value)
    }

    /// Mean negative log-likelihood of log_softmax(beta log p).
    func negativeLogLikelihood(beta: Double) -> Double {
        var powers = [Double](repeating: 0, count: Int(EK_TEMPERED_ROWS) * classes)
        return temperedLoss(beta, &powers).value
    }

    /// The mean negative log-likelihood of log_softmax(beta log p), and its two derivatives by beta.
    private func temperedLoss(
        _ beta: Double, _ powers: inout [Double]
    ) -> (value: Double, slope: Double, curvature: Double) {
        var sums = [0.0, 0.0, 0.0]
        ek_tempered_loss(logProbabilities, labels, examples, classes, beta, &powers, &sums)
        let share = 1 / Double(examples)
        return (sums[0] * share, sums[1] * share, sums[2] * share)
    }
}
