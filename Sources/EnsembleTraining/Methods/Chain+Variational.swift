extension Chain {
    /// Initial deviation of every parameter: small compared with the weights, so that the learned function is kept.
    private static let firstDeviation: Float = 0.01
    /// The learning rates of Adam, which decrease linearly to 0: for the means, and for the logarithms of the
    /// deviations, which have farther to go.
    private static let (meanRate, deviationRate): (Float, Float) = (1e-3, 2e-2)

    /// Networks drawn from independent normal variables, which start around a trained network and maximize the evidence
    /// lower bound, in which the divergence from the prior is multiplied by the temperature.
    func variationalSamples(
        _ count: Int, extraEpochs: Int, temperature: Float, _ body: (Sample) throws -> Void
    ) throws {
        let descent = try trainedNetwork()
        var randomNumbers = descent.randomNumbers
        let examples = trainExamples.count
        var batches = Batches(task, examples: trainExamples)
        var variational = VariationalNetwork(
            around: descent.network, deviation: Self.firstDeviation, capacity: min(task.options.batch, examples))
        var (means, deviations) = (
            Adam(parameterCount: task.layout.parameterCount), Adam(parameterCount: task.layout.parameterCount)
        )
        let steps = extraEpochs * batches.count
        let schedule = LinearSchedule(initial: 1, steps: steps)
        for step in 0..<steps {
            if isCancelled() { throw CancellationError() }
            if step % batches.count == 0 { batches.shuffle(&randomNumbers) }
            let labels = batches.load(step % batches.count)
            variational.differentiate(
                on: batches.inputs, labels: labels, divergenceShare: temperature / Float(examples),
                randomNumbers: &randomNumbers)
            let share = schedule.rate(ofStep: step)
            means.step(
                &variational.means.parameters, gradient: variational.meanGradient, learningRate: share * Self.meanRate)
            deviations.step(
                &variational.logDeviations, gradient: variational.logDeviationGradient,
                learningRate: share * Self.deviationRate)
        }
        for _ in 0..<count { try body(Sample(variational.sample(&randomNumbers))) }
    }
}
