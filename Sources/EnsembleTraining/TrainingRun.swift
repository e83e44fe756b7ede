import CVectorKernels
import RandomStreams

/// What is kept of one trained network: its logits, as they are stored, and how many of them are right.
package struct RunLogits: Sendable {
    /// Number of the run in the ensemble.
    package let run: Int
    /// Logits of the test examples (T, C), the bit patterns of IEEE binary16.
    package let test: [UInt16]
    /// Logits of the training examples (N, C), likewise.
    package let train: [UInt16]
    /// Right answers.
    package let correct: CorrectAnswers
}

/// How many examples a run gets right, of those of which it stores logits.
package struct CorrectAnswers: Sendable, Equatable {
    /// Of the test examples.
    package var test: Int
    /// Of the training examples.
    package var train: Int
}

/// Trains networks one after the other in the same memory; a thread has its own.
package struct TrainingRun: Sendable {
    /// Examples of a pass when logits are made: enough for the rate of large products, few enough for the cache.
    private static let evaluationBatch = 500

    private let dataset: Dataset
    private let options: TrainingOptions
    private let standardisation: Standardisation
    private let layout: NetworkLayout
    private var inputs: [Float]
    private var backPropagation: BackPropagation
    private var evaluation: ForwardPass

    /// Memory for runs on `dataset`, of which all examples are used.
    package init(dataset: Dataset, options: TrainingOptions) {
        self.dataset = dataset
        self.options = options
        standardisation = Standardisation(
            images: dataset.train.images, features: dataset.features, channels: dataset.channels)
        layout = NetworkLayout(inputs: dataset.features, hidden: options.hidden, classes: dataset.classes)
        let batch = min(options.batch, dataset.train.count)
        inputs = Array(repeating: 0, count: max(batch, Self.evaluationBatch) * dataset.features)
        backPropagation = BackPropagation(layout, capacity: batch)
        evaluation = ForwardPass(layout, capacity: Self.evaluationBatch)
    }

    /// Trains run `run` and returns its logits, which depend on the data, the options and `run` only; nil once
    /// `isCancelled`, which is asked before every step, says so.
    ///
    /// Throws a `TrainingError` (65) if a logit is not finite.
    package mutating func train(run: Int, isCancelled: () -> Bool = { false }) throws -> RunLogits? {
        guard let network = trainedNetwork(run: run, isCancelled: isCancelled) else { return nil }
        let test = try logits(of: dataset.test, by: network, run: run)
        let train = try logits(of: dataset.train, by: network, run: run)
        let correct = CorrectAnswers(
            test: correctAnswers(test, dataset.test.labels), train: correctAnswers(train, dataset.train.labels))
        return RunLogits(run: run, test: test, train: train, correct: correct)
    }

    private mutating func trainedNetwork(run: Int, isCancelled: () -> Bool) -> Network? {
        var randomNumbers = RandomNumbers(seed: options.seed, run: run)
        var network = Network(layout, randomNumbers: &randomNumbers)
        var optimiser = NesterovSGD(
            parameterCount: layout.parameterCount, momentum: options.momentum, weightDecay: options.weightDecay)
        let examples = dataset.train.count
        let stepsAnEpoch = (examples + options.batch - 1) / options.batch
        let schedule = LinearSchedule(initial: options.learningRate, steps: options.epochs * stepsAnEpoch)

        var order = Array(0..<Int32(examples))
        var step = 0
        for _ in 0..<options.epochs {
            randomNumbers.shuffle(&order)
            for first in stride(from: 0, to: examples, by: options.batch) {
                if isCancelled() { return nil }
                let batch = order[first..<min(first + options.batch, examples)]
                standardisation.gather(batch, of: dataset.train.images, into: &inputs)
                let labels = batch.map { dataset.train.labels[Int($0)] }
                backPropagation.run(network, on: inputs, labels: labels)
                optimiser.step(
                    &network.parameters, gradient: backPropagation.gradient,
                    learningRate: schedule.rate(ofStep: step))
                step += 1
            }
        }
        return network
    }

    private mutating func logits(of part: Dataset.Part, by network: Network, run: Int) throws -> [UInt16] {
        var halves = [UInt16](repeating: 0, count: part.count * dataset.classes)
        let order = Array(0..<Int32(part.count))
        for first in stride(from: 0, to: part.count, by: Self.evaluationBatch) {
            let batch = order[first..<min(first + Self.evaluationBatch, part.count)]
            standardisation.gather(batch, of: part.images, into: &inputs)
            evaluation.run(network, on: inputs, examples: batch.count)
            let areFinite = halves.withUnsafeMutableBufferPointer { halves in
                vk_round_to_half(
                    evaluation.logits, halves.baseAddress! + first * dataset.classes, batch.count * dataset.classes)
            }
            if !areFinite {
                throw TrainingError.badData(
                    "run \(run): training diverged, its logits are not finite; try a smaller learning rate")
            }
        }
        return halves
    }

    private func correctAnswers(_ logits: [UInt16], _ labels: [Int32]) -> Int {
        var answers = [Int32](repeating: 0, count: labels.count)
        vk_top_class(VKFloat16, logits, labels.count, dataset.classes, &answers)
        return zip(answers, labels).count { $0 == $1 }
    }
}
