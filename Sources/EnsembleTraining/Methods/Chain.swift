import RandomStreams

/// One sample of a chain: a network, perhaps with a dropout mask.
package struct Sample: Sendable {
    /// The network of the sample.
    package let network: Network
    /// The dropout of its forward passes; nil for none.
    package var dropout: Dropout?

    init(_ network: Network, dropout: Dropout? = nil) {
        self.network = network
        self.dropout = dropout
    }
}

/// One chain of an ensemble: the samples drawn by one method, one after the other. They depend on the data, the options
/// and the chain's number only; each method has a file of its own.
package struct Chain {
    let task: TrainingTask
    /// The number of the chain in the ensemble.
    let number: Int
    /// The indices of the examples that it is trained on.
    let trainExamples: [Int32]
    let isCancelled: () -> Bool

    /// Chain `number` of the ensemble of `task`.
    package init(_ task: TrainingTask, number: Int, isCancelled: @escaping () -> Bool = { false }) {
        self.task = task
        self.number = number
        trainExamples = task.trainExamples(ofChain: number)
        self.isCancelled = isCancelled
    }

    /// The random number stream of this chain.
    var randomNumbers: RandomNumbers { RandomNumbers(seed: task.options.seed, run: number) }

    /// Calls `body` with the first `count` samples, in their order.
    ///
    /// - Throws: `CancellationError` if `isCancelled`, which is called before every step, returns true; `UserError`
    ///   (65) if training diverges (Laplace only); errors of `body`.
    package func forEachSample(_ count: Int, _ body: (Sample) throws -> Void) throws {
        switch task.options.method {
        case .deep:
            try body(Sample(trainedNetwork().network))
        case .snapshot(let cycle):
            try snapshots(count, cycleEpochs: cycle, body)
        case .nocycle(let cycle):
            try snapshotsOfOneDecay(count, cycleEpochs: cycle, body)
        case .singleCycle(let cycle):
            try networksOfSingleCycles(count, cycleEpochs: cycle, body)
        case .fge(let cycle, let lowRate):
            try fastGeometricSamples(count, cycleEpochs: cycle, lowRate: lowRate, body)
        case .dropout(let rate):
            try dropoutSamples(count, rate: rate, body)
        case .swag(let extra):
            try swagSamples(count, extraEpochs: extra, body)
        case .csgld(let cycle, let samples, let temperature):
            try langevinSamples(count, cycleEpochs: cycle, samplesACycle: samples, temperature: temperature, body)
        case .vi(let extra, let temperature):
            try variationalSamples(count, extraEpochs: extra, temperature: temperature ?? 1, body)
        case .laplace:
            try laplaceSamples(count, body)
        }
    }

    /// The descent of a network after an ordinary training, ready to continue from there.
    ///
    /// - Parameters:
    ///   - examples: Indices of the training examples to use; nil for those of the chain.
    ///   - dropoutRate: Probability of dropping an output of a hidden layer.
    /// - Throws: `CancellationError` if `isCancelled` returns true.
    func trainedNetwork(on examples: [Int32]? = nil, dropoutRate: Float = 0) throws -> Descent {
        var descent = self.descent(on: examples, randomNumbers)
        try descent.train(
            epochs: task.options.epochs, learningRate: task.options.learningRate, dropoutRate: dropoutRate)
        return descent
    }

    /// The descent of a network before training.
    ///
    /// - Parameters:
    ///   - examples: Indices of the training examples to use; nil for those of the chain.
    ///   - momentum: The momentum; nil for that of the options.
    func descent(
        on examples: [Int32]? = nil, _ randomNumbers: RandomNumbers, momentum: Float? = nil
    ) -> Descent {
        Descent(
            task, randomNumbers: randomNumbers, examples: examples ?? trainExamples, momentum: momentum,
            isCancelled: isCancelled)
    }
}
