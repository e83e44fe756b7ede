import EnsembleTraining
import Foundation
import RandomStreams
import Testing

/// On the main thread, where MPI was started.
@MainActor @Suite struct MethodsTests {
    nonisolated private static let methods: [TrainingMethod] = [
        .snapshot(cycleEpochs: 2), .nocycle(cycleEpochs: 2), .singleCycle(cycleEpochs: 3),
        .fge(cycleEpochs: 1, lowRate: 0.001), .dropout(rate: 0.2), .swag(extraEpochs: 3),
        .csgld(cycleEpochs: 3, samplesACycle: 2, temperature: 0.1), .vi(extraEpochs: 3, temperature: nil), .laplace,
    ]

    private func options(_ method: TrainingMethod, samples: Int = 4) -> TrainingOptions {
        var options = TrainingOptions()
        options.method = method
        options.samples = samples
        options.hidden = [8]
        options.epochs = 6
        options.batch = 16
        options.trainExamples = nil
        return options
    }

    /// What is in the folder after trainings up to each of these numbers of runs.
    private func contents(_ options: TrainingOptions, _ runs: [Int], threads: Int) throws -> [String: Data] {
        let training = try Training()
        (training.options, training.threads) = (options, threads)
        for count in runs { try training.train(count) }
        return try training.contents()
    }

    @Test(arguments: methods) func `samples are the same on any number of threads, made at once or in steps`(
        _ method: TrainingMethod
    ) throws {
        // 10 runs are two chains of four and half of a third; grown within a chain, across two, and by one.
        let whole = try contents(options(method), [10], threads: 1)
        #expect(try contents(options(method), [2, 7, 10], threads: 3) == whole)
    }

    @Test(arguments: methods) func `samples differ from one another and have learned`(_ method: TrainingMethod) throws {
        let training = try Training()
        training.options = options(method)
        try training.train(8)
        let record = try training.record()
        #expect(record.runs.map(\.chain) == [0, 0, 0, 0, 1, 1, 1, 1])
        #expect(record.runs.allSatisfy { $0.method == method.name.rawValue })
        let mean = record.runs.reduce(0) { $0 + $1.test_accuracy } / 8
        #expect(mean > 0.5, "a third would be chance; \(mean)")
        let logits = try #require(try training.contents()["logits.npy"])
        let runBytes = 30 * 3 * 2
        let runs = (0..<8).map { logits.suffix(8 * runBytes).dropFirst($0 * runBytes).prefix(runBytes) }
        #expect(Set(runs).count == 8)
    }

    @Test func `the record says when each sample was taken and what it cost`() throws {
        func epochsAndCosts(_ method: TrainingMethod) -> [[Double]] {
            (0..<4).map { [method.epoch(ofSample: $0, epochs: 6), method.cost(ofSample: $0, epochs: 6)] }
        }
        #expect(epochsAndCosts(.snapshot(cycleEpochs: 2)) == [[2, 2], [4, 2], [6, 2], [8, 2]])
        #expect(epochsAndCosts(.nocycle(cycleEpochs: 2)) == [[2, 2], [4, 2], [6, 2], [8, 2]])
        #expect(epochsAndCosts(.singleCycle(cycleEpochs: 2)) == [[2, 2], [2, 2], [2, 2], [2, 2]])
        #expect(epochsAndCosts(.fge(cycleEpochs: 2, lowRate: 0.1)) == [[7, 7], [9, 2], [11, 2], [13, 2]])
        #expect(epochsAndCosts(.dropout(rate: 0.1)) == [[6, 6], [6, 0], [6, 0], [6, 0]])
        #expect(epochsAndCosts(.swag(extraEpochs: 5)) == [[11, 11], [11, 0], [11, 0], [11, 0]])
        // Samples after the fourth and fifth of five epochs, then of the next five.
        #expect(
            epochsAndCosts(.csgld(cycleEpochs: 5, samplesACycle: 2, temperature: 1)) == [
                [4, 4], [5, 1], [9, 4], [10, 1],
            ])
        #expect(epochsAndCosts(.laplace) == [[6, 12], [6, 0], [6, 0], [6, 0]])
        let training = try Training()
        training.options = options(.snapshot(cycleEpochs: 2), samples: 2)
        try training.train(3)
        let record = try training.record()
        #expect(record.runs.map(\.epoch) == [2, 4, 2] && record.runs.map(\.cost_epochs) == [2, 2, 2])
    }

    @Test func `a snapshot is the network at the end of its cycle`() throws {
        let task = TrainingTask(dataset: .stripes(), options: options(.snapshot(cycleEpochs: 2)))
        var samples: [Network] = []
        try Chain(task, number: 5).forEachSample(3) { samples.append($0.network) }
        var descent = Descent(
            task, randomNumbers: RandomNumbers(seed: 0, run: 5), examples: task.usedExamples, isCancelled: { false })
        for sample in samples {
            for _ in 0..<2 {
                // 70 examples in batches of 16: 5 steps an epoch, 10 a cycle.
                try descent.runEpoch(rate: { step in Float(0.025 * (cos(Double.pi * Double(step % 10) / 10) + 1)) })
            }
            let deviation = zip(sample.parameters, descent.network.parameters).map { abs($0 - $1) }.max()
            #expect(try #require(deviation) < 1e-4)
        }
    }

    /// The networks of the first samples of chain 5.
    private func networks(_ options: TrainingOptions, _ count: Int) throws -> [[Float]] {
        var networks: [[Float]] = []
        try Chain(TrainingTask(dataset: .stripes(), options: options), number: 5).forEachSample(count) {
            networks.append($0.network.parameters)
        }
        return networks
    }

    @Test func `without cycles the last snapshot is the network of one ordinary training`() throws {
        var ordinary = options(.deep, samples: 1)
        ordinary.epochs = 8
        let snapshots = try networks(options(.nocycle(cycleEpochs: 2), samples: 4), 4)
        #expect(try snapshots.last == networks(ordinary, 1)[0])
        // The schedule is that of the whole chain also where only its first samples are made.
        #expect(try networks(options(.nocycle(cycleEpochs: 2), samples: 4), 2) == Array(snapshots[..<2]))
    }

    @Test func `networks of single cycles start anew, the first as the first snapshot`() throws {
        let single = try networks(options(.singleCycle(cycleEpochs: 3)), 3)
        let snapshots = try networks(options(.snapshot(cycleEpochs: 3)), 3)
        #expect(single[0] == snapshots[0])
        func distance(_ one: [Float], _ other: [Float]) -> Float { zip(one, other).reduce(0) { $0 + abs($1.0 - $1.1) } }
        // Those of one training are near each other.
        #expect(distance(single[0], single[1]) > 3 * distance(snapshots[0], snapshots[1]))
        #expect(distance(single[1], single[2]) > 3 * distance(snapshots[1], snapshots[2]))
    }

    @Test func `a divergence at temperature 1 is that of the evidence bound, at 0 there is none`() throws {
        func samples(_ temperature: Float?) throws -> [[Float]] {
            try networks(options(.vi(extraEpochs: 20, temperature: temperature)), 2)
        }
        let (bound, none) = try (samples(nil), samples(0))
        #expect(try samples(1) == bound)
        func spread(_ samples: [[Float]]) -> Float { zip(samples[0], samples[1]).reduce(0) { $0 + abs($1.0 - $1.1) } }
        // The prior is wide, so without the divergence the posterior stays narrow.
        #expect(spread(bound) > 1.5 * spread(none))
    }

    @Test func `Langevin noise has the variance of its temperature, and is absent at zero`() throws {
        func last(_ temperature: Float) throws -> [Float] {
            let method = TrainingMethod.csgld(cycleEpochs: 2, samplesACycle: 1, temperature: temperature)
            let task = TrainingTask(dataset: .stripes(), options: options(method))
            var parameters: [Float] = []
            try Chain(task, number: 0).forEachSample(1) { parameters = $0.network.parameters }
            return parameters
        }
        let still = try last(0)
        let task = TrainingTask(dataset: .stripes(), options: options(.deep, samples: 1))
        var descent = Descent(
            task, randomNumbers: RandomNumbers(seed: 0, run: 0), examples: task.usedExamples, momentum: 0,
            isCancelled: { false })
        let schedule = CyclicCosineSchedule(initial: 0.05 / (1 - 0.9), cycle: 10)
        for _ in 0..<2 { try descent.runEpoch(rate: schedule.rate) }
        // The noise of variance 0 draws from the stream, but only after the last order of examples is known.
        #expect(zip(still, descent.network.parameters).allSatisfy { abs($0 - $1) < 1e-5 })
        let variance = zip(try last(1), still).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(still.count)
        // Five steps of variance 2 rate / 70, the rates being those of the cycle's second half.
        let noise = (5..<10).reduce(Float(0)) { $0 + 2 * schedule.rate(ofStep: $1) / 70 }
        #expect(variance > 0.5 * noise && variance < 2 * noise)
    }
}
