import Platform
import RandomStreams

extension Chain {
    /// The prior precisions that are tried: half a decade apart.
    private static let priorPrecisions = (-2...10).map { pow(10, Double($0) / 2) }
    /// Number of samples by which each precision is judged.
    private static let samplesOfTrial = 8

    /// Networks drawn from the Laplace approximation at a trained network. The prior's precision maximizes the
    /// likelihood of one tenth of the examples under samples at a network trained on the other nine tenths.
    func laplaceSamples(_ count: Int, _ body: (Sample) throws -> Void) throws {
        let priorPrecision = try likeliestPriorPrecision()
        let descent = try trainedNetwork()
        let factors = try KroneckerFactors(task, at: descent.network, examples: trainExamples, isCancelled: isCancelled)
        let posterior = try LaplacePosterior(
            around: descent.network, factors, examples: trainExamples.count, priorPrecision: priorPrecision)
        var randomNumbers = descent.randomNumbers
        for _ in 0..<count { try body(Sample(posterior.sample(&randomNumbers))) }
    }

    private func likeliestPriorPrecision() throws -> Double {
        let all = trainExamples
        // Examples that were drawn several times, which are next to each other, are all in one of the parts.
        var (validation, rest) = ([Int32](), [Int32]())
        var different = -1
        for (place, example) in all.enumerated() {
            if place == 0 || all[place - 1] != example { different += 1 }
            if different % 10 == 9 { validation.append(example) } else { rest.append(example) }
        }
        // Too few examples to spare any: the prior corresponding to weight decay, plus 1 in case there is none.
        guard !validation.isEmpty else { return Double(all.count) * Double(task.options.weightDecay) + 1 }
        let descent = try trainedNetwork(on: rest)
        let factors = try KroneckerFactors(task, at: descent.network, examples: rest, isCancelled: isCancelled)
        var forward = ForwardPass(task.layout, capacity: validation.count)
        var inputs = [Float](repeating: 0, count: validation.count * task.dataset.features)
        task.standardization.gather(validation[...], of: task.dataset.train.images, into: &inputs)
        let labels = validation.map { Int(task.dataset.train.labels[Int($0)]) }

        var best = (precision: Self.priorPrecisions[0], likelihood: -Double.infinity)
        for precision in Self.priorPrecisions {
            if isCancelled() { throw CancellationError() }
            let posterior = try LaplacePosterior(
                around: descent.network, factors, examples: rest.count, priorPrecision: precision)
            // The same deviates for every precision.
            var randomNumbers = descent.randomNumbers
            var probabilities = [Double](repeating: 0, count: labels.count)
            for _ in 0..<Self.samplesOfTrial {
                forward.run(posterior.sample(&randomNumbers), on: inputs, examples: labels.count)
                for (example, label) in labels.enumerated() {
                    let row = forward.logits[(example * task.layout.classes)...].prefix(task.layout.classes)
                    probabilities[example] += Self.probability(of: label, row)
                }
            }
            let likelihood = probabilities.reduce(0) { $0 + log(max($1, .leastNormalMagnitude)) }
            if likelihood > best.likelihood { best = (precision, likelihood) }
        }
        return best.precision
    }

    private static func probability(of label: Int, _ logits: ArraySlice<Float>) -> Double {
        let largest = logits.max() ?? 0
        let sum = logits.reduce(0) { $0 + exp(Double($1 - largest)) }
        return exp(Double(logits[logits.startIndex + label] - largest)) / sum
    }
}
