import UserMessages

/// The results of one trained network: its logits, as they are stored, and its numbers of correct predictions.
package struct RunLogits: Sendable {
    /// The number of the run in the ensemble.
    package let run: Int
    /// Logits of the test examples (T, C), as bit patterns of IEEE binary16.
    package let test: [UInt16]
    /// Logits of the training examples (N, C), as bit patterns of IEEE binary16.
    package let train: [UInt16]
    /// Numbers of correct predictions.
    package let correct: CorrectPredictions
    /// The weights and biases of the network, if they are kept.
    package let weights: [Float]?
    /// Outputs of the last hidden layer, for the ensemble's first run; nil for other runs, and without a hidden layer.
    package let features: (test: [Float], train: [Float])?
}

/// Numbers of correct predictions of a run, among the examples whose logits it stores.
package struct CorrectPredictions: Sendable, Equatable {
    /// Number of correct predictions for the test examples.
    package var test: Int
    /// Number of correct predictions for the training examples.
    package var train: Int
}

/// Trains chains one after the other, and computes the logits of their samples in the same memory; each thread has its
/// own.
package struct ChainLogits: Sendable {
    private let task: TrainingTask
    private var pass: LogitsPass

    /// Memory for the chains of a task.
    package init(_ task: TrainingTask) {
        self.task = task
        pass = LogitsPass(task)
    }

    /// Trains chain `chain` and calls `take` with the logits of those of its samples that are in `runs`, in ascending
    /// order. The logits depend only on the data, the options and the number of the run.
    ///
    /// - Throws: `UserError` (65) if a logit is not finite; `CancellationError` if `isCancelled`, which is called
    ///   before every step, returns true; errors of `take`.
    package mutating func train(
        chain: Int, runs: [Int], isCancelled: @escaping () -> Bool = { false }, take: (RunLogits) throws -> Void
    ) throws {
        guard let last = runs.last else { return }
        let first = chain * task.options.samples
        var run = first
        try Chain(task, number: chain, isCancelled: isCancelled).forEachSample(last - first + 1) { sample in
            defer { run += 1 }
            guard runs.contains(run) else { return }
            try take(logits(of: sample, run: run))
        }
    }

    private mutating func logits(of sample: Sample, run: Int) throws -> RunLogits {
        var sample = sample
        let hasFeatures = run == 0 && task.layout.layers.count > 1
        func logits(of part: Dataset.Split) throws -> LogitsPass.Result {
            guard let found = pass.run(&sample, on: part.images, count: part.count, withFeatures: hasFeatures) else {
                throw UserError.badData(
                    "run \(run): training diverged, its logits are not finite; try a smaller learning rate")
            }
            return found
        }
        let (test, train) = (try logits(of: task.dataset.test), try logits(of: task.dataset.train))
        let classes = task.layout.classes
        let correct = CorrectPredictions(
            test: test.logits.correctPredictions(of: task.dataset.test.labels, classes: classes),
            train: train.logits.correctPredictions(of: task.dataset.train.labels, classes: classes))
        return RunLogits(
            run: run, test: test.logits, train: train.logits, correct: correct,
            weights: task.options.keepsWeights == true ? sample.network.parameters : nil,
            features: hasFeatures ? (test.features, train.features) : nil)
    }
}
