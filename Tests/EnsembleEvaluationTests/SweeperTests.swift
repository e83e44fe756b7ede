import ArrayFiles
import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import Foundation
import KernelPrediction
import MessagePassing
import Testing
import TestSupport

@MainActor @Suite struct SweeperTests {
    private func sweep(_ change: (inout SweepOptions) -> Void = { _ in }) throws -> Sweep {
        var options = SweepOptions()
        options.search.threads = 2
        change(&options)
        return try Sweeper(Ensemble(opening: [Fixtures.fashion]), options: options, world: SharedSession.world())
            .sweep(version: "test") { _ in }
    }

    /// The kernel of some of the runs, as the file of all pairs has it.
    private func kernel(
        _ runs: Range<Int>, class: Int? = nil, _ transform: Transform = .logSoftmax
    ) throws -> [[Float]] {
        let scratch = try Scratch()
        let matrix = try KernelMatrix(
            of: Ensemble(opening: [Fixtures.fashion]).selecting(runs: runs), pairs: .testTrain, class: `class`,
            transform: transform, threads: 2, memory: 1 << 28, ranks: 1)
        try matrix.write(to: scratch("kernel.npy"), world: SharedSession.world()) { _ in }
        let values = try ArrayFile.open(scratch("kernel.npy"))[0].withContiguousBytes {
            Array($0.bindMemory(to: Float.self))
        }
        let columns = matrix.shape[1]
        return stride(from: 0, to: values.count, by: columns).map { Array(values[$0..<$0 + columns]) }
    }

    /// The accuracy of the single nearest neighbor.
    private func accuracyOfNearest(_ kernel: [[Float]]) throws -> Double {
        let ensemble = try Ensemble(opening: [Fixtures.fashion])
        let (labels, trainLabels) = (try #require(ensemble.testLabels), try #require(ensemble.trainLabels))
        let right = zip(kernel, labels).count { row, label in trainLabels[row.firstIndex(of: row.max()!)!] == label }
        return Double(right) / Double(labels.count)
    }

    /// The skewness of the number of rows that have a column among their ten largest. (The file is rounded to float: a
    /// column may take another's place.)
    private func hubnessOfTen(_ kernel: [[Float]]) -> Double {
        var counts = [Double](repeating: 0, count: kernel[0].count)
        for row in kernel {
            for column in row.indices.sorted(by: { row[$0] > row[$1] }).prefix(10) { counts[column] += 1 }
        }
        let mean = counts.reduce(0, +) / Double(counts.count)
        func moment(_ power: Double) -> Double {
            counts.reduce(0) { $0 + pow($1 - mean, power) } / Double(counts.count)
        }
        return moment(3) / pow(moment(2), 1.5)
    }

    @Test func `hubness is 0 where all examples are in as many lists, and the skewness elsewhere`() {
        #expect(Hubness(k: 1, counts: [3, 3, 3]).skewness == 0)
        #expect(abs(Hubness(k: 1, counts: [0, 0, 0, 4]).skewness - 2 / 3.0.squareRoot()) < 1e-12)
        #expect(abs(Hubness(k: 1, counts: [4, 4, 4, 0]).skewness + 2 / 3.0.squareRoot()) < 1e-12)
        #expect(Hubness(k: 1, counts: [0, 0, 0, 4]).largest == 4)
    }

    @Test func `each window of runs is evaluated as an ensemble of its own`() throws {
        let sweep = try sweep { options in
            options.sizes = [16, 64]
            options.transforms = [.logSoftmax]
            options.classes = [3]
        }
        let windows = [0, 16, 32, 48].map { Sweep.Window(runs: 16, first: $0) } + [Sweep.Window(runs: 64, first: 0)]
        #expect(sweep.averages.map(\.window) == windows)
        #expect(sweep.k.first == 1 && sweep.k.contains(3) && sweep.k.contains(20) && sweep.k.last == 101)
        for kernel in sweep.kernels {
            let runs = kernel.window.first..<kernel.window.first + kernel.window.runs
            let expected = try accuracyOfNearest(self.kernel(runs, class: kernel.one_class))
            #expect(kernel.accuracies[0][0] == expected, "\(runs), \(kernel.one_class ?? -1)")
            let average = try #require(sweep.averages.first { $0.window == kernel.window })
            let difference =
                sweep.accuracy(of: sweep.publishedVotes.majority, by: kernel) - average.ensemble_probabilities
            #expect((kernel.less_average == nil) == (kernel.one_class != nil))
            #expect(kernel.less_average.map { abs($0.mean - difference) < 1e-12 } ?? true)
            #expect(kernel.less_average.map { (0.003...0.02).contains($0.standard_error) } ?? true)
            let hubness = try #require(kernel.hubness)
            #expect(abs(hubness.skewness - (try hubnessOfTen(self.kernel(runs, class: kernel.one_class)))) < 0.02)
            #expect(hubness.k == 10 && hubness.largest > 10)
            // One neighbor is the answer whatever its weight is.
            #expect(kernel.accuracies.allSatisfy { $0[0] == expected })
        }
        #expect(sweep.kernels.map(\.one_class) == [nil, nil, nil, nil, nil, 3])

        let whole = try #require(sweep.averages.last)
        let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.fashion + "/expected.json"))
        let expected = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(abs(whole.single_model_mean - (expected["single_model_mean"] as? Double ?? 0)) < 1e-12)
        #expect(whole.ensemble_logits == expected["ensemble_logits"] as? Double)
        #expect(whole.ensemble_probabilities == expected["ensemble_probabilities"] as? Double)
        let majority = try #require(expected["kernel_majority"] as? [String: Double])
        for (k, accuracy) in zip(sweep.k, sweep.accuracies(of: .majority, by: sweep.kernels[4]))
        where majority["\(k)"] != nil {
            #expect(accuracy == majority["\(k)"])
        }
    }

    @Test func `kernels of single classes are those of every number of runs and every transform, if asked for`() throws
    {
        let sweep = try sweep { options in
            (options.sizes, options.windows) = ([16, 32], 2)
            options.transforms = [.minusMax, .raw]
            (options.classes, options.sweepsClasses) = ([3, 5], true)
        }
        for transform in [Transform.minusMax, .raw] {
            let ofClasses = sweep.kernelsOfClasses(transform)
            #expect(ofClasses.map(\.window.runs) == [16, 16, 32, 32, 64, 64])
            #expect(ofClasses.map(\.one_class) == [3, 5, 3, 5, 3, 5])
            for kernel in ofClasses {
                let runs = kernel.window.first..<kernel.window.runs
                let expected = try accuracyOfNearest(self.kernel(runs, class: kernel.one_class, transform))
                #expect(kernel.accuracies[0][0] == expected, "\(transform), \(runs)")
            }
        }
        #expect(sweep.sweepsClasses && sweep.kernelsOfClassesOfAllRuns.map(\.one_class) == [3, 5])
        #expect(sweep.kernelsOfClassesOfAllRuns.allSatisfy { $0.transform == .minusMax && $0.window.runs == 64 })
    }

    @Test func `the votes of the locally scaled kernel are those of a prediction from the same runs`() throws {
        let sweep = try sweep { options in
            (options.sizes, options.windows) = ([16, 64], 1)
            (options.transforms, options.classes, options.scaling) = ([.logSoftmax, .raw], [3], 10)
        }
        for kernel in sweep.kernels {
            guard kernel.transform == .logSoftmax, kernel.one_class == nil else {
                #expect(kernel.local == nil)
                continue
            }
            let local = try #require(kernel.local)
            var options = PredictionOptions()
            (options.scaling, options.votes.combines) = (10, true)
            let runs = kernel.window.first..<kernel.window.first + kernel.window.runs
            let prediction = try Prediction(
                of: Ensemble(opening: [Fixtures.fashion]).selecting(runs: runs), options: options,
                world: SharedSession.world(), version: "test"
            ) { _ in }
            let expected = try #require(prediction.summary.accuracy)
            #expect(local.k == 20 && local.power == 4)
            #expect(local.accuracy == expected.kernel_local?.accuracy && local.product == expected.product?.accuracy)
            for (accuracy, difference) in [
                (local.accuracy, local.less_average), (local.product, local.product_less_average),
            ] {
                #expect(abs(difference.mean - (accuracy - expected.ensemble_probabilities)) < 1e-12)
                #expect((0.003...0.02).contains(difference.standard_error))
            }
        }
        #expect(sweep.csv.split(separator: "\n").count { $0.hasPrefix("kernel_local,log-softmax,,") } == 2)
        #expect(sweep.csv.split(separator: "\n").count { $0.hasPrefix("product,log-softmax,,") } == 2)
    }

    @Test func `unlabeled examples count in no accuracy, and vote for nobody`() throws {
        var ensemble = RandomEnsemble(runs: 8, test: 60, train: 30, classes: 3, seed: 5)
        for example in stride(from: 0, to: 60, by: 4) { ensemble.labels[example] = -1 }
        for example in stride(from: 0, to: 30, by: 2) { ensemble.trainLabels[example] = -1 }
        let labeled = (0..<60).filter { ensemble.labels[$0] >= 0 }
        func sweep(_ ensemble: RandomEnsemble) throws -> Sweep {
            var options = SweepOptions()
            options.search.threads = 2
            return try Sweeper(ensemble.opened(in: Scratch()), options: options, world: SharedSession.world())
                .sweep(version: "test") { _ in }
        }
        let (found, expected) = (try sweep(ensemble), try sweep(ensemble.keeping(test: labeled)))
        // Neighbors have no labels: those of unlabeled examples count, too, where hubs are counted.
        func withoutHubs(_ kernels: [Sweep.Kernel]) -> [Sweep.Kernel] {
            kernels.map { kernel in
                var kernel = kernel
                kernel.hubness = nil
                return kernel
            }
        }
        #expect(found.averages == expected.averages && withoutHubs(found.kernels) == withoutHubs(expected.kernels))
        #expect(found.ensemble.unlabeled?.test == 15 && found.ensemble.unlabeled?.train == 15)

        let kernel = Oracle.kernel(of: ensemble, .logSoftmax)
        let whole = try #require(found.kernels(.logSoftmax).last)
        for (place, k) in found.k.enumerated() {
            let right = labeled.count { example in
                let voters = Oracle.order(kernel[example]).prefix(k).map { ensemble.trainLabels[$0] }.filter { $0 >= 0 }
                let weights = voters.map { _ in 1.0 }
                return !voters.isEmpty
                    && Oracle.vote(voters, weights: weights, classes: 3) == ensemble.labels[example]
            }
            #expect(whole.accuracies[0][place] == Double(right) / 45, "\(k)")
        }
    }

    @Test func `reliability is the correlation of kernels from two halves of the runs`() throws {
        let reliability = try sweep { options in
            options.sizes = [64]
            options.transforms = [.logSoftmax]
            options.classes = []
        }.reliability
        let (a, b) = (try kernel(0..<32), try kernel(32..<64))
        var (x, y): ([Double], [Double]) = ([], [])
        // All test examples; of the 2,000 training examples 20 blocks of 50.
        for (rowOfA, rowOfB) in zip(a, b) {
            for column in 0..<2000 where column % 100 < 50 {
                x.append(Double(rowOfA[column]))
                y.append(Double(rowOfB[column]))
            }
        }
        let count = Double(x.count)
        #expect(reliability.pairs == x.count)
        let (meanOfX, meanOfY) = (x.reduce(0, +) / count, y.reduce(0, +) / count)
        let both = zip(x, y).map { ($0 - meanOfX) * ($1 - meanOfY) }.reduce(0, +)
        let ofX = x.map { ($0 - meanOfX) * ($0 - meanOfX) }.reduce(0, +)
        let ofY = y.map { ($0 - meanOfY) * ($0 - meanOfY) }.reduce(0, +)
        let correlation = both / (ofX * ofY).squareRoot()
        #expect(abs(reliability.split_half_correlation - correlation) < 1e-9)
        #expect(reliability.forecasts.map(\.runs) == [64, 128, 256, 512])
        let error = (zip(x, y).map { ($0 - $1) * ($0 - $1) }.reduce(0, +) / count).squareRoot() / 2
        #expect(abs(reliability.forecasts[0].standard_error - error) < 1e-9)
        #expect(abs(reliability.forecasts[2].standard_error - error / 2) < 1e-9)
        // Twice the runs by Spearman and Brown, twice: four times.
        func doubled(_ r: Double) -> Double { 2 * r / (1 + r) }
        #expect(abs(reliability.forecasts[0].reliability - doubled(correlation)) < 1e-12)
        #expect(abs(reliability.forecasts[2].reliability - doubled(doubled(doubled(correlation)))) < 1e-12)
    }

    @Test func `a size or a class that the ensemble lacks is refused`() throws {
        func reason(_ change: (inout SweepOptions) -> Void) throws -> EvaluationError? {
            try refusal(AgreedFailure.self) { try sweep(change) }?.cause as? EvaluationError
        }
        let pool = "\(Fixtures.fashion)/log.pt"
        #expect(try reason { $0.sizes = [65] } == .sizeOutOfRange(65, least: 2, most: 64, pool: pool))
        #expect(try reason { $0.sizes = [1] } == .sizeOutOfRange(1, least: 2, most: 64, pool: pool))
        #expect(try reason { $0.classes = [10] } == .classOutOfRange(10, classes: 10))
        #expect(SweepOptions.usualSizes(4) == [4] && SweepOptions.usualSizes(50) == [4, 8, 16, 32, 50])
    }
}
