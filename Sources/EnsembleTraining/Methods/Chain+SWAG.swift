extension Chain {
    /// Samples of the Gaussian fitted to the network after each of some more epochs at half the learning rate.
    func swagSamples(_ count: Int, extraEpochs: Int, _ body: (Sample) throws -> Void) throws {
        var descent = try trainedNetwork()
        var trajectory = GaussianTrajectory(parameterCount: task.layout.parameterCount)
        for _ in 0..<extraEpochs {
            try descent.runEpoch(rate: { _ in task.options.learningRate / 2 })
            trajectory.visit(descent.network.parameters)
        }
        for _ in 0..<count {
            var network = descent.network
            network.parameters = trajectory.sample(&descent.randomNumbers)
            try body(Sample(network))
        }
    }
}
