import CSIMDKernels

extension Chain {
    /// The network after each of the last epochs of every cycle of a cosine schedule, in which each step is followed by
    /// noise of variance 2 rate temperature / N: with the gradient of the mean loss over N examples, Langevin dynamics
    /// in the posterior defined by loss and weight decay. Steps are plain ones without momentum, with 1 / (1 -
    /// momentum) times the learning rate, so that they move equally far.
    func langevinSamples(
        _ count: Int, cycleEpochs: Int, samplesACycle: Int, temperature: Float, _ body: (Sample) throws -> Void
    ) throws {
        var descent = descent(randomNumbers, momentum: 0)
        let examples = Float(trainExamples.count)
        let schedule = CyclicCosineSchedule(
            initial: task.options.learningRate / (1 - task.options.momentum), cycle: cycleEpochs * descent.stepsAnEpoch)
        var taken = 0
        while taken < count {
            for epoch in 0..<cycleEpochs where taken < count {
                let isSampling = epoch >= cycleEpochs - samplesACycle
                try descent.runEpoch(rate: schedule.rate) { _, rate, network, randomNumbers in
                    guard isSampling else { return }
                    ek_add_noise(
                        &network.parameters, network.parameters.count, randomNumbers.next(),
                        (2 * rate * temperature / examples).squareRoot())
                }
                guard isSampling else { continue }
                taken += 1
                try body(Sample(descent.network))
            }
        }
    }
}
