import Foundation
import MessagePassing

/// What `predict` is asked to do.
public struct PredictionOptions: Sendable {
    /// Neighbours of the majority vote.
    public var k = 3
    /// Neighbours of the weighted vote.
    public var weightedK = 20
    /// Power of the similarity in the weighted vote.
    public var power = 4.0
    /// Neighbours kept for each test example: no fewer than vote.
    public var kMax = 101
    /// Whether a vote is chosen by how well it predicts the train examples from one another.
    public var selectsByLeaveOneOut = false
    /// What the logits become before they are standardised.
    public var transform = Transform.logSoftmax
    /// The process grid; chosen by the ``CostModel`` where nil.
    public var grid: ProcessGrid?
    /// Ranks that were started and take no part.
    public var idleRanks = 0
    /// Threads of each rank.
    public var threads = 1
    /// The arithmetic in which all pairs are compared.
    public var screen = Screen.fastest
    /// Bytes that each rank may use, pages of mapped files apart; the same on every rank.
    public var memory = MemoryBudget.usual(ranksOnHost: 1)

    /// The defaults: those of the data set card.
    public init() {}

    /// The ks at which the summary tells the accuracy, where as many neighbours are kept.
    public static let sweep = [1, 3, 5, 7, 9, 11, 15, 25, 51, 101]
}

/// The test examples predicted from their nearest train examples: this rank's share, and the tables over all ranks.
public struct Prediction {
    /// This rank's test examples and their neighbours, in ascending order of the examples.
    public let parts: [NeighbourLists.Part]
    /// What `summary.json` says; the same on every rank.
    public let summary: Summary
    /// A row for every test example, on rank 0; nil on the others.
    public let table: PredictionTable?
    /// What the runs predict one by one and together.
    public let average: EnsembleAverage
    /// The train examples' neighbours among themselves, where a vote was chosen by them.
    public let trainGraph: NeighbourGraph?

    /// Predicts the test examples of an ensemble. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - checkpoint: where to keep the neighbours that are found, and to go on from; nil for nowhere.
    ///   - version: of the program, for the summary.
    ///   - progress: told the fraction of this rank's products done, now and then.
    /// - Throws: ``EnsembleError`` where something is missing or asked too much, the same on all ranks;
    ///   ``AgreedFailure`` where a rank meets a logit that is not finite, or (75) where the job is asked to stop.
    public init(
        of ensemble: Ensemble, options: PredictionOptions, checkpoint: Checkpoint? = nil, world: Communicator,
        version: String, progress: (Double) -> Void
    ) throws {
        let start = ContinuousClock.now
        let before = Activity.reading
        let (test, train) = try world.agree { try Self.checkedLogits(of: ensemble, options) }
        let job = JobSize(
            runs: test.runs, test: test.examples, train: train.examples, classes: test.classes, neighbours: options.kMax
        )
        let search = try NeighbourSearch(
            rows: test, columns: train, neighbours: options.kMax, options: options, world: world)
        var seconds = PhaseSeconds()
        average = try seconds.measure(\.read) {
            try EnsembleAverage(of: test, labels: ensemble.testLabels, world: world, threads: options.threads)
        }
        // Train examples are compared with train examples too where a vote is chosen, and take their share of the bar.
        let own = options.selectsByLeaveOneOut ? Double(test.examples) / Double(test.examples + train.examples) : 1
        let found = try search.run(checkpoint: checkpoint, stage: "neighbours of test examples") {
            progress(own * $0)
        }
        seconds += found.seconds
        var leaveOneOut: LeaveOneOut?
        var trainGraph: NeighbourGraph?
        if options.selectsByLeaveOneOut {
            let graph = try NeighbourGraph(
                of: ensemble, pairs: .trainTrain, k: min(options.kMax, train.examples - 1), options: options,
                checkpoint: checkpoint, world: world
            ) { progress(own + (1 - own) * $0) }
            seconds += graph.seconds
            trainGraph = graph
            leaveOneOut = try LeaveOneOut(
                of: graph, labels: ensemble.trainLabels ?? [], classes: train.classes, world: world)
        }

        let votes = VoteCounts(
            found.parts, options: options, chosen: leaveOneOut?.chosen, ensemble: ensemble, classes: test.classes)
        var phases = seconds
        phases.total = (ContinuousClock.now - start) / .seconds(1)
        parts = found.parts
        self.trainGraph = trainGraph
        table = try PredictionTable(
            parts: found.parts, votes: votes, ensemble: average.logitsPrediction, labels: ensemble.testLabels,
            world: world)
        summary = try Summary(
            job: job, options: options, ensemble: ensemble, average: average, votes: votes, found: found,
            leaveOneOut: leaveOneOut, seconds: phases, activity: Activity.reading.since(before), grid: search.grid,
            version: version)
    }

    private static func checkedLogits(of ensemble: Ensemble, _ options: PredictionOptions) throws -> (Logits, Logits) {
        guard let test = ensemble.test, let train = ensemble.train else {
            let missing = ensemble.test == nil ? "logits" : "logits_train"
            throw EnsembleError.badData(
                "\(ensemble.sources.joined(separator: ", ")): no tensor named \(missing); predict needs both logits")
        }
        if options.selectsByLeaveOneOut {
            guard ensemble.trainLabels != nil else {
                throw EnsembleError.badData(
                    """
                    \(ensemble.sources.joined(separator: ", ")): no labels of the train examples, by which a vote is chosen: \
                    give --labels-train or --dataset
                    """)
            }
            guard train.examples > 1 else {
                throw EnsembleError.badData(
                    "\(ensemble.sources.joined(separator: ", ")): 1 train example, which has no others to vote on it")
            }
        }
        guard train.examples <= Int(Int32.max) else {
            throw EnsembleError.badData(
                "\(ensemble.sources.joined(separator: ", ")): \(train.examples) training examples, more than 2^31 - 1")
        }
        try ensemble.requireSeveralRuns()
        for (name, k) in [("--k", options.k), ("--weighted-k", options.weightedK), ("--k-max", options.kMax)] {
            guard (1...train.examples).contains(k) else {
                throw EnsembleError.usage(
                    "\(name) \(k): must be between 1 and the \(train.examples) train examples")
            }
        }
        guard max(options.k, options.weightedK) <= options.kMax else {
            throw EnsembleError.usage("--k-max \(options.kMax): keeps fewer neighbours than vote")
        }
        return (test, train)
    }
}
