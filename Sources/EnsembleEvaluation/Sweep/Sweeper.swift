import EnsembleKernel
import EnsembleMetrics
import Ensembles
import KernelPrediction
import MessagePassing
import UserMessages

/// Computes accuracies over ranges of runs, votes, transforms and classes. One search for neighbors serves all votes.
public struct Sweeper {
    private let ensemble: Ensemble
    private let test, train: Logits
    private let testLabels, trainLabels: [Int]
    private let options: SweepOptions
    private let world: Communicator
    private let grid: VoteGrid

    /// Checks the data and the options. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (64 or 65) on every rank if logits or labels are missing, or an option is out of
    ///   range; `MPIError`.
    public init(_ ensemble: Ensemble, options: SweepOptions, world: Communicator) throws {
        (test, train, testLabels, trainLabels) = try world.agree { try Self.checked(ensemble, options) }
        self.ensemble = ensemble
        self.options = options
        self.world = world
        grid = VoteGrid(most: min(options.neighbors, train.examples))
    }

    private static func checked(
        _ ensemble: Ensemble, _ options: SweepOptions
    ) throws -> (test: Logits, train: Logits, testLabels: [Int], trainLabels: [Int]) {
        let (test, train) = try ensemble.logits(of: .testTrain)
        let source = ensemble.sources[0]
        guard let testLabels = ensemble.testLabels, let trainLabels = ensemble.trainLabels else {
            throw EnsembleError.missingLabels(
                ensemble.testLabels == nil ? .test : .train, source: source, purpose: "sweep")
        }
        guard test.runs >= 4 else {
            throw UserError.badData(
                "\(source): \(test.runs) run\(test.runs == 1 ? "" : "s"), and two halves of at least 2 are compared")
        }
        if let size = options.sizes?.first(where: { !(2...test.runs).contains($0) }) {
            throw EvaluationError.sizeOutOfRange(size, least: 2, most: test.runs, pool: source)
        }
        if let oneClass = options.classes?.first(where: { !(0..<test.classes).contains($0) }) {
            throw EvaluationError.classOutOfRange(oneClass, classes: test.classes)
        }
        return (test, train, testLabels, trainLabels)
    }

    /// Computes all kernels and counts all votes. Collective: every rank calls it.
    ///
    /// - Parameters:
    ///   - checkpoint: Where to save finished kernels, and to resume from; nil for no checkpoint.
    ///   - version: The version of the program.
    ///   - progress: Called now and then with the fraction done.
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, the memory is too small, the checkpoint is of
    ///   another sweep, or (75) the job is asked to stop; `MPIError`.
    public func sweep(
        checkpoint: Checkpoint? = nil, version: String, progress: (Double) -> Void
    ) throws -> Sweep {
        let windows = (options.sizes ?? SweepOptions.usualSizes(test.runs)).flatMap { size in
            (0..<min(options.windows, test.runs / size)).map { Sweep.Window(runs: size, first: $0 * size) }
        }
        let classes = options.classes ?? (test.classes <= SweepOptions.mostClasses ? Array(0..<test.classes) : [])
        // The time of a search grows with the runs, and so do the logits read for a single class.
        let workOfClass = 0.5
        let whole = Sweep.Window(runs: test.runs, first: 0)
        let windowsOfClasses =
            options.sweepsClasses ? windows.filter { $0.first == 0 && $0 != whole } + [whole] : [whole]
        let first = options.transforms[0]
        let transformsOfClasses = options.sweepsClasses ? options.transforms : [first]
        func runs(_ windows: [Sweep.Window]) -> Int { windows.reduce(0) { $0 + $1.runs } }
        let all =
            Double(options.transforms.count * runs(windows))
            + workOfClass * Double(classes.count * transformsOfClasses.count * runs(windowsOfClasses))
        var done = 0.0
        var counted = try checkpoint.map { try SweepCheckpoint($0, job: job()) }
        func kernel(_ window: Sweep.Window, _ transform: Transform, _ oneClass: Int?) throws -> Sweep.Kernel {
            let work = Double(window.runs) * (oneClass == nil ? 1 : workOfClass)
            defer { done += work }
            if let known = counted?.kernel(window, transform, oneClass) { return known }
            do {
                let result = try self.kernel(
                    window, transform, oneClass, average: averagePredictions[window], checkpoint
                ) {
                    progress((done + $0 * work) / all)
                }
                try counted?.add(result)
                return result
            } catch let stopped as AgreedFailure {
                // The search has saved its own results.
                try counted?.save()
                throw stopped
            }
        }
        var averages: [Sweep.Average] = []
        var averagePredictions: [Sweep.Window: [Int]] = [:]
        var kernels: [Sweep.Kernel] = []
        for window in windows {
            let (average, predictions) = try average(window)
            averages.append(average)
            averagePredictions[window] = predictions
        }
        for transform in options.transforms {
            for window in windows { kernels.append(try kernel(window, transform, nil)) }
        }
        for transform in transformsOfClasses {
            for window in windowsOfClasses {
                for oneClass in classes { kernels.append(try kernel(window, transform, oneClass)) }
            }
        }
        var result = Sweep(
            version: version,
            ensemble: EnsembleSize(of: ensemble, test: test, train: train),
            k: grid.ks, averages: averages, kernels: kernels,
            reliability: try Reliability(of: ensemble, transform: first, options: options.search, world: world),
            crossings: [:])
        var clear: [String: Int] = [:]
        for transform in options.transforms {
            result.crossings[transform.rawValue] = result.crossing(transform) { $0.mean > 0 }
            clear[transform.rawValue] = result.crossing(transform) { $0.isClearlyPositive }
        }
        result.clear_crossings = clear
        return result
    }

    /// The properties that must be equal to resume a sweep. Collective.
    private func job() throws -> [JobProperty: String] {
        func fingerprint(_ logits: Logits) throws -> String {
            try logits.fingerprint(transform: .logSoftmax, threads: options.search.threads, world: world)
        }
        return [
            .neighbors: grid.ks.map(String.init).joined(separator: ","),
            .votes: VoteGrid.votes.map(\.shortName).joined(separator: ","), .runs: "\(test.runs)",
            .rowLogits: try fingerprint(test), .columnLogits: try fingerprint(train),
        ]
    }

    /// The averages of a window, and the predictions by the average of probabilities.
    private func average(_ window: Sweep.Window) throws -> (Sweep.Average, predictions: [Int]) {
        let runs = window.first..<window.first + window.runs
        let average = try EnsembleAverage(
            of: test.selecting(runs: runs), labels: testLabels, world: world, threads: options.search.threads)
        let correct = average.correct?.ofRun.reduce(0, +) ?? 0
        let averages = Sweep.Average(
            window: window,
            single_model_mean: Double(correct) / Double(window.runs * testLabels.labeledCount),
            ensemble_logits: average.logitsPrediction.accuracy(of: testLabels),
            ensemble_probabilities: average.probabilitiesPrediction.accuracy(of: testLabels))
        return (averages, average.probabilitiesPrediction)
    }

    private func kernel(
        _ window: Sweep.Window, _ transform: Transform, _ oneClass: Int?, average: [Int]?, _ checkpoint: Checkpoint?,
        _ progress: (Double) -> Void
    ) throws -> Sweep.Kernel {
        func selected(_ logits: Logits) -> Logits {
            let logits = logits.selecting(runs: window.first..<window.first + window.runs)
            return oneClass.map { logits.selecting(class: $0) } ?? logits
        }
        var search = options.search
        search.transform = transform
        let found = try NeighborSearch(
            rows: selected(test), columns: selected(train), neighbors: grid.ks[grid.ks.count - 1], options: search,
            world: world
        ).run(
            checkpoint: checkpoint,
            stage: .kernelOfSweep(
                transform, runs: window.first..<window.first + window.runs, class: oneClass),
            progress: progress)
        let accuracies = try grid.accuracies(
            of: found.parts, labels: testLabels, trainLabels: trainLabels, classes: test.classes,
            world: world)
        return .init(
            window: window, transform: transform, one_class: oneClass, accuracies: accuracies,
            less_average: oneClass == nil ? try average.map { try difference(of: found.parts, to: $0) } : nil,
            hubness: try Hubness(
                of: found.parts, kept: grid.ks[grid.ks.count - 1], columns: train.examples, world: world))
    }

    /// The accuracy of the published majority vote less that of other predictions for all test examples. Collective.
    private func difference(of parts: [NeighborLists.OfExamples], to others: [Int]) throws -> PairedDifference {
        let vote = grid.tried(PredictionOptions.Votes().majority)
        let predictions = parts.flatMap {
            $0.lists.predictions(vote.vote, ks: [vote.k], trainLabels: trainLabels, classes: test.classes)[0]
        }
        let own = CorrectPairs(
            predictions, rows: parts.flatMap { Array($0.rows) }, comparedTo: others, labels: testLabels)
        return try CorrectPairs.sums(of: [own], over: world)[0].difference
    }
}

extension Sweep {
    /// The smallest number of runs in the sweep from which on the difference of the kernel of all classes, with the
    /// majority vote of 3, to the average of probabilities is as told, in the mean over the windows.
    func crossing(_ transform: Transform, _ holds: (PairedDifference) -> Bool) -> Int? {
        guard k.contains(PredictionOptions.Votes().k) else { return nil }
        let differences = Dictionary(grouping: kernels(transform), by: \.window.runs).sorted { $0.key < $1.key }
        return differences.reversed().prefix { _, kernels in
            let known = kernels.compactMap(\.less_average)
            return known.count == kernels.count && holds(PairedDifference(meanOf: known))
        }.last?.key
    }
}
