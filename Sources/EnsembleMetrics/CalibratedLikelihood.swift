import RandomStreams

extension Predictions {
    /// Number of random divisions of the examples into halves.
    private static let shuffles = 5

    /// The calibrated log-likelihood: the temperature is fitted to one half of the examples, and the mean
    /// log-likelihood of the other half is computed at this temperature, and vice versa; the mean over five random
    /// divisions with the given seed. A single example, which cannot be divided, is used for both.
    ///
    /// Source: Ashukha et al., "Pitfalls of in-domain uncertainty estimation and ensembling in deep learning", 2020
    /// ("test-time cross-validation").
    public func calibratedLogLikelihood(seed: UInt64) -> Double {
        guard examples > 1 else { return -fittedTemperature().negativeLogLikelihood }
        var (sum, temperature) = (0.0, 1.0)
        for shuffle in 0..<Self.shuffles {
            var order = Array(0..<Int32(examples))
            var randomNumbers = RandomNumbers(seed: seed, run: shuffle)
            randomNumbers.shuffle(&order)
            let halves = [selecting(order[..<(examples / 2)]), selecting(order[(examples / 2)...])]
            for (fitted, scored) in [(halves[0], halves[1]), (halves[1], halves[0])] {
                temperature = fitted.fittedTemperature(from: temperature).temperature
                sum -= scored.negativeLogLikelihood(beta: 1 / temperature)
            }
        }
        return sum / Double(2 * Self.shuffles)
    }

    /// The predictions for some of the examples.
    func selecting(_ some: some Sequence<Int32>) -> Predictions {
        var (rows, selected): ([Double], [Int32]) = ([], [])
        for example in some.map(Int.init) {
            rows += logProbabilities[(example * classes)..<((example + 1) * classes)]
            selected.append(labels[example])
        }
        return Predictions(logProbabilities: rows, classes: classes, labels: selected)
    }
}
