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
        try LocalScaling.requireOthers(options.scaling, among: train.examples)
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
        let workOfScaling = options.scaling == nil ? 0 : 2.0
        let all =
            (Double(options.transforms.count) + workOfScaling) * Double(runs(windows))
            + workOfClass * Double(classes.count * transformsOfClasses.count * runs(windowsOfClasses))
        var done = 0.0
        // What it cannot have is said before hours are spent on the others.
        let control = try options.controls.map {
            try PixelControl($0, of: ensemble, options: predictionOptions, world: world)
        }
        var counted = try checkpoint.map { try SweepCheckpoint($0, job: job()) }
        func kernel(_ window: Sweep.Window, _ transform: Transform, _ oneClass: Int?) throws -> Sweep.Kernel {
            let nearest = transform == first && oneClass == nil ? options.scaling : nil
            let work = Double(window.runs) * (oneClass == nil ? 1 + (nearest == nil ? 0 : workOfScaling) : workOfClass)
            defer { done += work }
            if let known = counted?.kernel(window, transform, oneClass, isScaled: nearest != nil) { return known }
            do {
                let result = try self.kernel(
                    window, transform, oneClass, scaling: nearest,
                    average: averagesOfRuns[window]?.probabilitiesPrediction, checkpoint
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
        var averagesOfRuns: [Sweep.Window: EnsembleAverage] = [:]
        var kernels: [Sweep.Kernel] = []
        for window in windows {
            let ofRuns = try average(window)
            averages.append(accuracies(of: ofRuns, window))
            averagesOfRuns[window] = ofRuns
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
            guard grid.ks.contains(PredictionOptions.Votes().k) else { continue }
            result.crossings[transform.rawValue] = result.crossing(transform, of: \.less_average) { $0.mean > 0 }
            clear[transform.rawValue] = result.crossing(transform, of: \.less_average) { $0.isClearlyPositive }
        }
        if options.scaling != nil {
            result.crossings[Sweep.local] = result.crossing(first, of: \.local?.less_average) { $0.mean > 0 }
            clear[Sweep.local] = result.crossing(first, of: \.local?.less_average) { $0.isClearlyPositive }
        }
        result.clear_crossings = clear
        try counted?.save()
        result.pixels = try control.flatMap {
            try pixels($0, comparedTo: try averagesOfRuns[whole] ?? average(whole), checkpoint)
        }
        return result
    }

    /// The properties that must be equal to resume a sweep. Collective.
    private func job() throws -> [JobProperty: String] {
        func fingerprint(_ logits: Logits) throws -> String {
            try logits.fingerprint(transform: .logSoftmax, threads: options.search.threads, world: world)
        }
        var job: [JobProperty: String] = [
            .neighbors: grid.ks.map(String.init).joined(separator: ","),
            .votes: VoteGrid.votes.map(\.shortName).joined(separator: ","), .runs: "\(test.runs)",
            .rowLogits: try fingerprint(test), .columnLogits: try fingerprint(train),
        ]
        job[.scaling] = options.scaling.map(String.init)
        return job
    }

    /// The averages of a window of the runs. Collective.
    private func average(_ window: Sweep.Window) throws -> EnsembleAverage {
        try EnsembleAverage(
            of: test.selecting(runs: window.first..<window.first + window.runs), labels: testLabels, world: world,
            threads: options.search.threads)
    }

    private func accuracies(of average: EnsembleAverage, _ window: Sweep.Window) -> Sweep.Average {
        let correct = average.correct?.ofRun.reduce(0, +) ?? 0
        return Sweep.Average(
            window: window,
            single_model_mean: Double(correct) / Double(window.runs * testLabels.labeledCount),
            ensemble_logits: average.logitsPrediction.accuracy(of: testLabels),
            ensemble_probabilities: average.probabilitiesPrediction.accuracy(of: testLabels))
    }

    private func kernel(
        _ window: Sweep.Window, _ transform: Transform, _ oneClass: Int?, scaling nearest: Int?, average: [Int]?,
        _ checkpoint: Checkpoint?, _ progress: (Double) -> Void
    ) throws -> Sweep.Kernel {
        func selected(_ logits: Logits) -> Logits {
            let logits = logits.selecting(runs: window.first..<window.first + window.runs)
            return oneClass.map { logits.selecting(class: $0) } ?? logits
        }
        var search = options.search
        search.transform = transform
        let kept = grid.ks[grid.ks.count - 1]
        let (rows, columns) = (selected(test), selected(train))
        func searchOfTest(_ neighbors: Int) throws -> NeighborSearch {
            try NeighborSearch(rows: rows, columns: columns, neighbors: neighbors, options: search, world: world)
        }
        let searchOfKernel = try searchOfTest(max(kept, nearest ?? 0))
        let searchOfTrain = try nearest.map {
            try NeighborSearch(
                rows: columns, columns: columns, neighbors: $0, leavesOutSelf: true, options: search, world: world)
        }
        let searchOfScaled = try nearest.map { _ in try searchOfTest(grid.tried(votes.local).k) }
        var searches = SearchSequence([searchOfKernel, searchOfTrain, searchOfScaled])
        let stage = CheckpointStage.kernelOfSweep(
            transform, runs: window.first..<window.first + window.runs, class: oneClass)
        func run(_ search: NeighborSearch, _ stage: CheckpointStage) throws -> [NeighborLists.OfExamples] {
            try searches.run(search, stage, checkpoint: checkpoint, progress: progress).parts
        }
        let found = try run(searchOfKernel, stage)
        var local: Sweep.Local?
        if let nearest, let searchOfTrain, let searchOfScaled, let average {
            let scaling = try LocalScaling(
                ofNearest: nearest, rows: found, columns: try run(searchOfTrain, stage.part("train")), world: world)
            local = try self.local(
                try run(searchOfScaled.scaled(by: scaling), stage.part("local")), rows, comparedTo: average)
        }
        let accuracies = try grid.accuracies(
            of: found, labels: testLabels, trainLabels: trainLabels, classes: test.classes,
            world: world)
        return .init(
            window: window, transform: transform, one_class: oneClass, accuracies: accuracies,
            less_average: try (oneClass == nil ? average : nil).flatMap {
                try predictions(of: grid.tried(votes.majority), found, comparedTo: $0).difference
            },
            local: local,
            hubness: try Hubness(of: found, kept: kept, columns: train.examples, world: world))
    }

    /// The votes of the neighbors by the locally scaled kernel, and their product with the average of probabilities.
    /// Collective.
    private func local(
        _ parts: [NeighborLists.OfExamples], _ test: Logits, comparedTo others: [Int]
    ) throws -> Sweep.Local? {
        let vote = grid.tried(votes.local)
        let ofVote = try predictions(of: vote, parts, comparedTo: others)
        let product = try CombinedPredictions.predictions(
            of: vote, parts, ensemble: ensemble, test: test, comparedTo: others, threads: options.search.threads,
            world: world)
        guard let accuracy = ofVote.accuracy, let difference = ofVote.difference,
            let ofProduct = product?.accuracy, let differenceOfProduct = product?.difference
        else { return nil }
        return .init(
            k: vote.k, power: votes.power, accuracy: accuracy, less_average: difference, product: ofProduct,
            product_less_average: differenceOfProduct)
    }

    /// The usual votes, with as many neighbors as there are training examples for.
    private var votes: PredictionOptions.Votes { PredictionOptions.Votes().fitted(to: train.examples) }

    /// The options of the votes by pixels.
    private var predictionOptions: PredictionOptions {
        var prediction = PredictionOptions()
        (prediction.votes, prediction.scaling, prediction.search) = (votes, options.scaling, options.search)
        return prediction
    }

    /// The usual votes by pixels. Collective.
    private func pixels(
        _ control: PixelControl, comparedTo average: EnsembleAverage, _ checkpoint: Checkpoint?
    ) throws -> Summary.Accuracy.Pixels? {
        var searches = SearchSequence(control.searches)
        return try control.votes(
            of: ensemble, classes: test.classes, comparedTo: average.logitsPrediction, world: world
        ) {
            try searches.run($0, $1, checkpoint: checkpoint, progress: { _ in }).parts
        }.accuracies(votes)
    }

    /// The predictions of a vote, compared to others for all test examples. Collective.
    private func predictions(
        of vote: NearestVote, _ parts: [NeighborLists.OfExamples], comparedTo others: [Int]
    ) throws -> ComparedPredictions {
        let predicted = parts.flatMap {
            $0.lists.predictions(vote.vote, ks: [vote.k], trainLabels: trainLabels, classes: test.classes)[0]
        }
        return try ComparedPredictions(
            predicted, rows: parts.flatMap { Array($0.rows) }, comparedTo: others, labels: testLabels, world: world)
    }
}

extension Sweep {
    /// The smallest number of runs in the sweep from which on a difference of the kernel of all classes to the average
    /// of probabilities is as told, in the mean over the windows.
    func crossing(
        _ transform: Transform, of difference: (Kernel) -> PairedDifference?, _ holds: (PairedDifference) -> Bool
    ) -> Int? {
        let differences = Dictionary(grouping: kernels(transform), by: \.window.runs).sorted { $0.key < $1.key }
        return differences.reversed().prefix { _, kernels in
            let known = kernels.compactMap(difference)
            return known.count == kernels.count && holds(PairedDifference(meanOf: known))
        }.last?.key
    }
}
