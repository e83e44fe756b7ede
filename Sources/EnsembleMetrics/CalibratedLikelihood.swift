import RandomStreams

/// Random divisions of examples into halves: something is fitted to one half and measured on the other.
package enum Halves {
    /// Number of random divisions.
    static let shuffles = 5

    /// The halves of several random divisions with the given seed, each half once in either place. A single example is
    /// in both.
    package static func divisions(
        of examples: Int, seed: UInt64
    ) -> [(fitted: ArraySlice<Int32>, scored: ArraySlice<Int32>)] {
        guard examples > 1 else { return [([0], [0])] }
        return (0..<shuffles).flatMap { shuffle in
            var order = Array(0..<Int32(examples))
            var randomNumbers = RandomNumbers(seed: seed, run: shuffle)
            randomNumbers.shuffle(&order)
            let (first, second) = (order[..<(examples / 2)], order[(examples / 2)...])
            return [(first, second), (second, first)]
        }
    }
}

extension Predictions {
    /// The calibrated log-likelihood: the temperature is fitted to one half of the examples, and the mean
    /// log-likelihood of the other half is computed at this temperature, and vice versa; the mean over five random
    /// divisions with the given seed. A single example, which cannot be divided, is used for both.
    ///
    /// Source: Ashukha et al., "Pitfalls of in-domain uncertainty estimation and ensembling in deep learning", 2020
    /// ("test-time cross-validation").
    public func calibratedLogLikelihood(seed: UInt64) -> Double {
        var (sum, temperature) = (0.0, 1.0)
        let divisions = Halves.divisions(of: examples, seed: seed)
        for (fitted, scored) in divisions {
            temperature = selecting(fitted).fittedTemperature(from: temperature).temperature
            sum -= selecting(scored).negativeLogLikelihood(beta: 1 / temperature)
        }
        return sum / Double(divisions.count)
    }

    /// A random number in [0, 1) for each example, from another stream than the divisions.
    package func randomShares(seed: UInt64) -> [Double] {
        var randomNumbers = RandomNumbers(seed: seed, run: Halves.shuffles)
        return labels.map { _ in randomNumbers.nextUnit() }
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
