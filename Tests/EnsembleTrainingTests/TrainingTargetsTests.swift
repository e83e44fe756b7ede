import ArrayFiles
import EnsembleTraining
import Foundation
import Testing
import TestSupport
import UserMessages

/// On the main thread, where MPI was started.
@MainActor @Suite struct TrainingTargetsTests {
    /// Targets of 70 examples, read from a file.
    private func targets(_ rows: [Float], shape: [Int] = [70, 3]) throws -> TrainingTargets {
        let scratch = try Scratch()
        try NPY.write(rows, shape: shape, to: scratch("targets.npy"))
        return try TrainingTargets(reading: scratch("targets.npy"))
    }

    /// Probability 1 of the label.
    private func certain(_ labels: [Int32]) -> [Float] {
        labels.flatMap { label in (0..<3).map { $0 == label ? 1 : 0 as Float } }
    }

    @Test(arguments: [
        TrainingMethod.deep, .snapshot(cycleEpochs: 1), .dropout(rate: 0.2), .swag(extraEpochs: 1),
    ]) func `labels are targets of probability 1`(_ method: TrainingMethod) throws {
        let (hard, soft) = (try Training(), try Training())
        for training in [hard, soft] {
            training.options.method = method
            training.options.samples = method == .deep ? 1 : 2
            training.options.draw = .bootstrap
        }
        soft.targets = try targets(certain(soft.dataset.train.labels))
        try hard.train(4)
        try soft.train(4)
        for name in ["logits.npy", "logits_train.npy", "masks.npy"] {
            #expect(try hard.contents()[name] == soft.contents()[name], "\(name)")
        }
    }

    @Test func `networks learn the targets, not the labels`() throws {
        let training = try Training()
        let labels = training.dataset.train.labels
        // The class after that of the label is twice as probable as the label.
        let shares: [Float] = [1 / 3, 2 / 3, 0]
        training.targets = try targets(
            labels.flatMap { label in (0..<3).map { shares[($0 - Int(label) + 3) % 3] } })
        training.options.epochs = 40
        try training.train(3)
        let logits = try ArrayFile.open("\(training.folder)/logits_train.npy")[0].reals()
        var mean: [Double] = [0, 0, 0]
        for row in 0..<210 {
            let exponentials = logits[row * 3..<row * 3 + 3].map { exp($0) }
            let sum = exponentials.reduce(0, +)
            for column in 0..<3 { mean[(column - Int(labels[row % 70]) + 3) % 3] += exponentials[column] / sum / 210 }
        }
        for (found, share) in zip(mean, shares) { #expect(abs(found - Double(share)) < 0.08, "\(mean)") }
    }

    @Test func `other targets are refused`() throws {
        let uniform = [Float](repeating: 1 / 3, count: 210)
        func message(_ rows: [Float], shape: [Int] = [70, 3]) throws -> String {
            let error = try refusal(UserError.self) { try targets(rows, shape: shape) }
            #expect(error?.exitCode == .badData)
            return error?.description ?? ""
        }
        #expect(try message(uniform, shape: [7, 10, 3]).contains("[7, 10, 3]"))
        let scratch = try Scratch()
        for (names, count) in [("", "0 arrays"), ("ab", "2 arrays")] {
            let python = try Python.run(
                "import sys, numpy; numpy.savez(sys.argv[1], **{n: numpy.ones((70, 3)) / 3 for n in sys.argv[2]})",
                scratch("some.npz"), names)
            try #require(python.status == 0)
            let error = try refusal(UserError.self) { try TrainingTargets(reading: scratch("some.npz")) }
            #expect(error?.description.contains(count) == true && error?.exitCode == .badData)
        }
        for bad in [-0.5, .nan, 2, 0.4] as [Float] {
            var rows = uniform
            rows[13 * 3 + 1] = bad
            #expect(try message(rows).contains("targets.npy[13]: is not a row of probabilities"), "\(bad)")
        }
        let training = try Training()
        let few = try targets(Array(uniform[..<180]), shape: [60, 3])
        func refused(_ targets: TrainingTargets, _ change: (inout TrainingOptions) -> Void = { _ in }) throws -> String
        {
            change(&training.options)
            return try refusal(TrainingOptionError.self) {
                try NetworkEnsemble(dataset: training.dataset, targets: targets, options: training.options)
            }?.description ?? ""
        }
        #expect(try refused(few).hasPrefix("targets must be of shape (70, 3)"))
        #expect(try refused(targets(uniform)) { $0.method = .laplace }.hasPrefix("targets must be left out"))
        // Of a folder whose runs have learned labels, or other targets.
        training.options.method = .deep
        try training.train(1)
        training.targets = try targets(uniform)
        #expect(try Training.failure { try training.train(2) }.description.contains("made with targets none"))
    }
}
