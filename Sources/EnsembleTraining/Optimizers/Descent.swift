import RandomStreams

/// A network and its descent, epoch by epoch: the start of the chains of all methods.
package struct Descent {
    private var batches: Batches
    private var backPropagation: BackPropagation
    private var optimizer: NesterovSGD
    private let isCancelled: () -> Bool
    /// The stream of the chain: for the initial weights, the order of the examples, and the draws of a method.
    var randomNumbers: RandomNumbers
    /// The network in its current state.
    package private(set) var network: Network
    /// Number of steps taken so far.
    private(set) var steps = 0
    /// Number of steps per epoch.
    var stepsAnEpoch: Int { batches.count }

    /// A network before training.
    ///
    /// - Parameters:
    ///   - examples: Indices of the training examples to use.
    ///   - momentum: The momentum; nil for that of the options.
    ///   - isCancelled: Called before every step; returns whether to stop.
    package init(
        _ task: TrainingTask, randomNumbers: RandomNumbers, examples: [Int32], momentum: Float? = nil,
        isCancelled: @escaping () -> Bool
    ) {
        self.randomNumbers = randomNumbers
        self.isCancelled = isCancelled
        network = Network(task.layout, randomNumbers: &self.randomNumbers)
        batches = Batches(task, examples: examples)
        backPropagation = BackPropagation(task.layout, capacity: min(task.options.batch, examples.count))
        optimizer = NesterovSGD(
            parameterCount: task.layout.parameterCount, momentum: momentum ?? task.options.momentum,
            weightDecay: task.options.weightDecay)
    }

    /// Makes one pass over the examples.
    ///
    /// - Parameters:
    ///   - rate: Returns the learning rate of a step; the first step of the training is 0.
    ///   - dropout: The dropout of the forward passes; nil for none.
    ///   - afterStep: Called after each step with its number and its learning rate; may change the network.
    /// - Throws: `CancellationError` if `isCancelled` returns true; errors of `afterStep`.
    package mutating func runEpoch(
        rate: (_ step: Int) -> Float, dropout: Dropout? = nil,
        afterStep: (_ step: Int, _ rate: Float, inout Network, inout RandomNumbers) throws -> Void = { _, _, _, _ in }
    ) throws {
        var dropout = dropout
        batches.shuffle(&randomNumbers)
        for batch in 0..<batches.count {
            if isCancelled() { throw CancellationError() }
            let labels = batches.load(batch)
            backPropagation.run(
                network, on: batches.inputs, labels: labels, targets: batches.targets, dropout: &dropout)
            let rate = rate(steps)
            optimizer.step(&network.parameters, gradient: backPropagation.gradient, learningRate: rate)
            try afterStep(steps, rate, &network, &randomNumbers)
            steps += 1
        }
    }

    /// Trains in the ordinary way: `epochs` passes with a learning rate that decreases linearly from the given one to
    /// 0.
    ///
    /// - Throws: `CancellationError` if `isCancelled` returns true.
    mutating func train(epochs: Int, learningRate: Float, dropoutRate: Float) throws {
        let schedule = LinearSchedule(initial: learningRate, steps: epochs * stepsAnEpoch)
        for _ in 0..<epochs {
            let dropout = dropoutRate > 0 ? Dropout(rate: dropoutRate, key: randomNumbers.next()) : nil
            try runEpoch(rate: schedule.rate, dropout: dropout)
        }
    }
}
