import CSIMDKernels
import Platform

extension Predictions {
    /// The range of temperatures. Predictions that are always correct would be best at 0, and predictions worse than
    /// chance at infinity: both end at a bound. The lower bound prevents a half without errors from ruining the
    /// likelihood of the other, where a single wrong prediction would cost a thousand times its margin.
    static let temperatures = 0.1...1e3

    /// The temperature T at which log_softmax(log p / T) maximizes the likelihood of the labels, and the mean negative
    /// log-likelihood at that temperature. Source: Guo et al., "On calibration of modern neural networks", 2017.
    ///
    /// The loss is convex in 1/T: Newton's method, kept within a shrinking bracket, starting at `first`.
    func fittedTemperature(from first: Double = 1) -> (temperature: Double, negativeLogLikelihood: Double) {
        var scratch = [Double](repeating: 0, count: ek_tempered_rows(examples, classes) * classes)
        var (low, high) = (1 / Self.temperatures.upperBound, 1 / Self.temperatures.lowerBound)
        let (coldest, hottest) = (temperedLoss(high, &scratch), temperedLoss(low, &scratch))
        // If all classes are equally likely, every temperature is equally good.
        if coldest.slope == 0, hottest.slope == 0 { return (1, hottest.value) }
        // A loss that still falls at a bound, or is flat there, has its minimum there.
        if coldest.slope <= 0 { return (1 / high, coldest.value) }
        if hottest.slope >= 0 { return (1 / low, hottest.value) }
        var beta = min(max(1 / first, low), high)
        for _ in 0..<100 {
            let loss = temperedLoss(beta, &scratch)
            if loss.slope > 0 { high = beta } else { low = beta }
            let newton = beta - loss.slope / loss.curvature
            // The geometric mean is the midpoint between powers of ten.
            let next = newton > low && newton < high ? newton : (low * high).squareRoot()
            let isSettled = abs(next - beta) <= 1e-10 * beta || high - low <= 1e-10 * high
            beta = next
            if isSettled { break }
        }
        return (1 / beta, temperedLoss(beta, &scratch).value)
    }

    /// Mean negative log-likelihood of log_softmax(beta log p).
    func negativeLogLikelihood(beta: Double) -> Double {
        var scratch = [Double](repeating: 0, count: ek_tempered_rows(examples, classes) * classes)
        return temperedLoss(beta, &scratch).value
    }

    /// The mean negative log-likelihood of log_softmax(beta log p), and its first two derivatives by beta.
    private func temperedLoss(
        _ beta: Double, _ scratch: inout [Double]
    ) -> (value: Double, slope: Double, curvature: Double) {
        var sums = [0.0, 0.0, 0.0]
        ek_tempered_loss(logProbabilities, labels, examples, classes, beta, &scratch, &sums)
        let share = 1 / Double(examples)
        return (sums[0] * share, sums[1] * share, sums[2] * share)
    }
}
