import ArgumentParser
import EnsembleTraining
import MessagePassing
import Platform

/// The kinds of networks that can be trained.
enum NetworkKind: String, ExpressibleByArgument, CaseIterable {
    case mlp, conv

    /// The numbers of filters of the convolutions.
    var filters: [Int]? { self == .conv ? [16, 32] : nil }
}

/// Options of the networks of an ensemble, for `train` and the demo.
struct TrainingOptionGroup: ParsableArguments {
    @Option(help: "Data set: \(DatasetHelp.values)")
    var dataset = "fashion-mnist"

    @Option(help: ArgumentHelp("Number of runs in the ensemble.", valueName: "n"))
    var runs = 256

    @Option(
        help: ArgumentHelp(
            """
            Architecture: mlp, fully connected, or conv, which adds two 3 x 3 convolutions (16 and 32 filters), each \
            with 2 x 2 pooling, before the hidden layers.
            """, valueName: "kind"))
    var network = NetworkKind.mlp

    @Option(
        help: ArgumentHelp(
            "Shift each image by up to this many pixels in both directions: random, but the same in all runs.",
            valueName: "pixels"))
    var shift = 0

    @Option(help: ArgumentHelp("Widths of the hidden layers, such as 64 or 256,128.", valueName: "widths"))
    var hidden = "64"

    @Option(help: ArgumentHelp("Epochs of training.", valueName: "n"))
    var epochs = 12

    @Option(help: ArgumentHelp("Use only the first n training examples; 0 for all.", valueName: "n"))
    var trainExamples = 5_000

    @Option(
        help: ArgumentHelp(
            """
            Training examples not to train on, by number from 0, or a file with one number a line, such as the \
            leave_out.txt of explore. Their logits are saved like those of the others.
            """, valueName: "file|5,9,12-14"))
    var leaveOutExamples: ExampleNumbers?

    @Option(
        help: ArgumentHelp(
            """
            Classes whose examples are left out, by number from 0. The others are numbered anew. apply shows them to \
            the networks.
            """, valueName: "numbers"))
    var leaveOutClasses: NumberList?

    @Option(
        help: ArgumentHelp(
            """
            Soft targets: learn these probabilities in place of the labels, such as targets_ensemble_train.npy of \
            report. An array (training examples, classes).
            """, valueName: "file"))
    var targets: String?

    @Option(
        help: ArgumentHelp(
            """
            Train every run, or chain, on a random subset of this share of the training examples. masks.npy says which.
            """, valueName: "share"))
    var subset: Double?

    @Flag(help: "Bagging: train every run, or chain, on a bootstrap sample of the training examples (masks.npy).")
    var bootstrap = false

    @Flag(help: "Also save the weights of every network (weights.npy), for apply.")
    var keepWeights = false

    @Option(help: ArgumentHelp("Use only the first n test examples; 0 for all.", valueName: "n"))
    var testExamples = 0

    @Option(
        help: ArgumentHelp(
            "Initial learning rate, of a training or of a cycle; outside of cycles it decays linearly to 0.",
            valueName: "rate"))
    var learningRate: Float = 0.05

    @Option(help: ArgumentHelp("Nesterov momentum.", valueName: "value"))
    var momentum: Float = 0.9

    @Option(help: ArgumentHelp("Weight decay (L2 penalty, as in torch.optim.SGD).", valueName: "value"))
    var weightDecay: Float = 5e-4

    @Option(help: ArgumentHelp("Batch size.", valueName: "n"))
    var batchSize = 100

    @Option(
        help: """
            Random seed of the ensemble. A run depends on the options, the seed, its own number and the kind of \
            processor.
            """)
    var seed: UInt64 = 0

    func validate() throws {
        guard runs >= 1 else { throw ValidationError("--runs \(runs): must be at least 1") }
        for (name, count) in [("--train-examples", trainExamples), ("--test-examples", testExamples)] where count < 0 {
            throw ValidationError("\(name) \(count): must be 0 or more")
        }
        guard shift >= 0 else { throw ValidationError("--shift \(shift): must be 0 or more") }
        guard subset == nil || !bootstrap else {
            throw ValidationError("--subset and --bootstrap: only one of them can be given")
        }
        _ = try hiddenWidths()
    }

    /// Trains the missing runs of a folder by the given method, in chains of `samples` runs. Collective: every rank
    /// calls it.
    func train(
        into folder: String, method: TrainingMethod = .deep, samples: Int = 1, parallel: ParallelOptions,
        world: Communicator
    ) throws -> TrainingSummary {
        var options = TrainingOptions()
        options.method = method
        options.samples = samples
        options.filters = network.filters
        options.hidden = try hiddenWidths()
        options.epochs = epochs
        options.batch = batchSize
        options.learningRate = learningRate
        options.momentum = momentum
        options.weightDecay = weightDecay
        options.trainExamples = trainExamples == 0 ? nil : trainExamples
        options.testExamples = testExamples == 0 ? nil : testExamples
        options.shift = shift == 0 ? nil : shift
        options.seed = seed
        options.leftOutClasses = leaveOutClasses?.numbers
        options.draw = subset.map { .subset(share: $0) } ?? (bootstrap ? .bootstrap : nil)
        options.keepsWeights = keepWeights ? true : nil
        options.leftOut = try world.agree { try leaveOutExamples?.numbers }
        let ensemble = try world.agree {
            try NetworkEnsemble(
                dataset: Dataset.load(dataset), targets: targets.map { try TrainingTargets(reading: $0) },
                options: options)
        }
        let bar = parallel.progressBar("train ", world: world)
        let log = parallel.eventLog(world: world)
        return try ensemble.train(
            runs: runs, into: folder, communicator: world, threads: parallel.threadsPerRank(world: world),
            remark: { Diagnostics.warn(CommandLineMessages.words(for: $0)) },
            progress: { bar.update(Double($0) / Double($1), "\($0) of \($1) runs") },
            finished: { log.write("run", ["run": $0]) })
    }

    private func hiddenWidths() throws -> [Int] {
        try hidden.split(separator: ",", omittingEmptySubsequences: false).map { width in
            guard let width = Int(width), width >= 1 else {
                throw ValidationError("--hidden \(hidden): must be widths separated by commas")
            }
            return width
        }
    }
}
