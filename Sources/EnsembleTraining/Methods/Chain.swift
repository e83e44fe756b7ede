import RandomStreams

/// One sample of a chain: a network, or what a network with some of its units left out stands for.
package struct Sample: Sendable {
    /// The network.
    package let network: Network
    /// What its passes leave out.
    package var dropout: Dropout?

    init(_ network: Network, dropout: Dropout? = nil) {
        self.network = network
        self.dropout = dropout
    }
}

/// One chain of an ensemble: the samples that one method draws one after the other. They depend on the data, the
/// options and the chain's number alone; the way to make them is in a file a method.
package struct Chain {
    let task: TrainingTask
    /// The number of the chain in the ensemble.
    let number: Int
    let isCancelled: () -> Bool

    /// Chain `number` of the ensemble that `task` makes.
    package init(_ task: TrainingTask, number: Int, isCancelled: @escaping () -> Bool = { false }) {
        self.task = task
        self.number = number
        self.isCancelled = isCancelled
    }

    /// The stream of random numbers of this chain.
    var randomNumbers: RandomNumbers { RandomNumbers(seed: task.options.seed, run: number) }

    /// Calls `body` with the first `count` samples, in their order.
    ///
    /// - Throws: `CancellationError` where `isCancelled`, which is asked before every step, says so; what `body`
    ///   throws.
    package func forEachSample(_ count: Int, _ body: (Sample) throws -> Void) throws {
        switch task.options.method {
        case .deep:
            try body(Sample(trainedNetwork().network))
        case .snapshot(let cycle):
            try snapshots(count, cycleEpochs: cycle, body)
        case .fge(let cycle, let lowRate):
            try fastGeometricSamples(count, cycleEpochs: cycle, lowRate: lowRate, body)
        case .dropout(let rate):
            try dropoutSamples(count, rate: rate, body)
        case .swag(let extra):
            try swagSamples(count, extraEpochs: extra, body)
        case .csgld(let cycle, let samples, let temperature):
            try langevinSamples(count, cycleEpochs: cycle, samplesACycle: samples, temperature: temperature, body)
        case .vi(let extra):
            try variationalSamples(count, extraEpochs: extra, body)
        case .laplace:
            try laplaceSamples(count, body)
        }
    }

    /// The descent of a network that has been trained in the ordinary way, and goes on from there.
    ///
    /// - Parameters:
    ///   - examples: the numbers of the training examples to use; all where nil.
    ///   - dropoutRate: probability of leaving an output of a hidden layer out.
    func trainedNetwork(on examples: [Int32]? = nil, dropoutRate: Float = 0) throws -> Descent {
        var descent = Descent(task, randomNumbers: randomNumbers, examples: examples, isCancelled: isCancelled)
        try descent.train(
            epochs: task.options.epochs, learningRate: task.options.learningRate, dropoutRate: dropoutRate)
        return descent
    }
}
