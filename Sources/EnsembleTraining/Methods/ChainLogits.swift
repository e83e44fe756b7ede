import CSIMDKernels
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
    /// Number of examples per pass: large enough for the speed of large products, small enough for the cache.
    private static let batch = 500

    private let task: TrainingTask
    private var inputs: [Float]
    private var evaluation: ForwardPass

    /// Memory for the chains of a task.
    package init(_ task: TrainingTask) {
        self.task = task
        inputs = Array(repeating: 0, count: Self.batch * task.dataset.features)
        evaluation = ForwardPass(task.layout, capacity: Self.batch)
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
        let (test, ofTest) = try logits(of: task.dataset.test, by: &sample, run: run)
        let (train, ofTrain) = try logits(of: task.dataset.train, by: &sample, run: run)
        let correct = CorrectPredictions(
            test: correctAnswers(test, task.dataset.test.labels),
            train: correctAnswers(train, task.dataset.train.labels))
        let hasFeatures = run == 0 && task.layout.layers.count > 1
        return RunLogits(
            run: run, test: test, train: train, correct: correct, features: hasFeatures ? (ofTest, ofTrain) : nil)
    }

    /// The logits and, for the first run, the outputs of the last hidden layer.
    private mutating func logits(
        of part: Dataset.Split, by sample: inout Sample, run: Int
    ) throws -> (logits: [UInt16], features: [Float]) {
        let classes = task.layout.classes
        var halves = [UInt16](repeating: 0, count: part.count * classes)
        var features: [Float] = []
        let hidden = task.layout.layers.count - 2
        let order = Array(0..<Int32(part.count))
        for first in stride(from: 0, to: part.count, by: Self.batch) {
            let batch = order[first..<min(first + Self.batch, part.count)]
            task.standardization.gather(batch, of: part.images, into: &inputs)
            evaluation.run(sample.network, on: inputs, examples: batch.count, dropout: &sample.dropout)
            if run == 0, hidden >= 0 {
                features += evaluation.outputs[hidden][..<(batch.count * task.layout.layers[hidden].outputs)]
            }
            let areFinite = halves.withUnsafeMutableBufferPointer { halves in
                ek_round_to_half(evaluation.logits, halves.baseAddress! + first * classes, batch.count * classes)
            }
            if !areFinite {
                throw UserError.badData(
                    "run \(run): training diverged, its logits are not finite; try a smaller learning rate")
            }
        }
        return (halves, features)
    }

    private func correctAnswers(_ logits: [UInt16], _ labels: [Int32]) -> Int {
        var answers = [Int32](repeating: 0, count: labels.count)
        ek_top_class(EKFloat16, logits, labels.count, task.layout.classes, &answers)
        return zip(answers, labels).count { $0 == $1 }
    }
}
