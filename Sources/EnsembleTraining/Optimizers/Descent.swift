import RandomStreams

/// A network and what takes it downhill, epoch by epoch: what the chains of all methods begin with.
package struct Descent {
    private var batches: Batches
    private var backPropagation: BackPropagation
    private var optimizer: NesterovSGD
    private let isCancelled: () -> Bool
    /// The stream of the chain: the first weights, the order of the examples, and whatever a method draws.
    var randomNumbers: RandomNumbers
    /// The network as it is now.
    package private(set) var network: Network
    /// Steps taken so far.
    private(set) var steps = 0
    /// Steps of an epoch.
    var stepsAnEpoch: Int { batches.count }

    /// A network before training.
    ///
    /// - Parameters:
    ///   - examples: the numbers of the training examples to use; all where nil.
    ///   - momentum: instead of that of the options.
    ///   - isCancelled: asked before every step.
    package init(
        _ task: TrainingTask, randomNumbers: RandomNumbers, examples: [Int32]? = nil, momentum: Float? = nil,
        isCancelled: @escaping () -> Bool
    ) {
        let examples = examples ?? task.trainExamples
        self.randomNumbers = randomNumbers
        self.isCancelled = isCancelled
        network = Network(task.layout, randomNumbers: &self.randomNumbers)
        batches = Batches(task, examples: examples)
        backPropagation = BackPropagation(task.layout, capacity: min(task.options.batch, examples.count))
        optimizer = NesterovSGD(
            parameterCount: task.layout.parameterCount, momentum: momentum ?? task.options.momentum,
            weightDecay: task.options.weightDecay)
    }

    /// One pass over the examples.
    ///
    /// - Parameters:
    ///   - rate: the learning rate of a step; the first step of the training is 0.
    ///   - dropout: what the passes leave out.
    ///   - afterStep: called after each step with its number and its learning rate; may change the network.
    /// - Throws: `CancellationError` where `isCancelled` says so.
    package mutating func runEpoch(
        rate: (_ step: Int) -> Float, dropout: Dropout? = nil,
        afterStep: (_ step: Int, _ rate: Float, inout Network, inout RandomNumbers) throws -> Void = { _, _, _, _ in }
    ) throws {
        var dropout = dropout
        batches.shuffle(&randomNumbers)
        for batch in 0..<batches.count {
            if isCancelled() { throw CancellationError() }
            let labels = batches.load(batch)
            backPropagation.run(network, on: batches.inputs, labels: labels, dropout: &dropout)
            let rate = rate(steps)
            optimizer.step(&network.parameters, gradient: backPropagation.gradient, learningRate: rate)
            try afterStep(steps, rate, &network, &randomNumbers)
            steps += 1
        }
    }

    /// An ordinary training: `epochs` passes whose learning rate falls linearly from that given to 0.
    mutating func train(epochs: Int, learningRate: Float, dropoutRate: Float) throws {
        let schedule = LinearSchedule(initial: learningRate, steps: epochs * stepsAnEpoch)
        for _ in 0..<epochs {
            let dropout = dropoutRate > 0 ? Dropout(rate: dropoutRate, key: randomNumbers.next()) : nil
            try runEpoch(rate: schedule.rate, dropout: dropout)
        }
    }
}
