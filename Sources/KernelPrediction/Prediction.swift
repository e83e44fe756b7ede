import EnsembleKernel
import Ensembles
import MessagePassing
import UserMessages

/// Predictions for the test examples from their nearest training examples: this rank's share, and the tables over all
/// ranks.
public struct Prediction {
    /// This rank's test examples and their neighbors, in ascending order of the examples: by the locally scaled kernel
    /// if that was asked for.
    public let parts: [NeighborLists.OfExamples]
    /// The same by the kernel itself, scaled or not.
    public let kernelParts: [NeighborLists.OfExamples]
    /// The contents of `summary.json`; the same on every rank.
    public let summary: Summary
    /// A row for every test example, on rank 0; nil on the other ranks.
    public let table: PredictionTable?
    /// The predictions of the ensembles, and the accuracies of the single runs.
    public let average: EnsembleAverage
    /// The neighbors of the training examples among themselves, if a vote was chosen by them or the kernel scaled.
    public let trainGraph: NeighborGraph?
    /// This rank's part of the same by the locally scaled kernel, if a vote was chosen and the kernel scaled.
    public let scaledTrainParts: [NeighborLists.OfExamples]?

    /// Predicts the test examples of an ensemble. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - checkpoint: Where to save the neighbors found so far, and to resume from; nil for no checkpoint.
    ///   - version: The version of the program, for the summary.
    ///   - progress: Called now and then with the fraction of this rank's products that is done.
    /// - Throws: `AgreedFailure` on every rank: of a `UserError`, an `EnsembleError`, a `KernelError` or a
    ///   ``PredictionError`` if something is missing or cannot be fulfilled, if a logit is not finite, or (75) if the
    ///   job is asked to stop; `MPIError`.
    public init(
        of ensemble: Ensemble, options: PredictionOptions, checkpoint: Checkpoint? = nil, world: Communicator,
        version: String, progress: (Double) -> Void
    ) throws {
        let start = ContinuousClock.now
        let before = MPIStatistics.reading
        let (test, train) = try world.agree { try Self.checkedLogits(of: ensemble, options) }
        let votes = options.votes
        let search = try NeighborSearch(
            rows: test, columns: train, neighbors: votes.kMax, options: options.search, world: world)
        // Of the training examples among themselves, for the choice of a vote and for the scaling. What it cannot have
        // is said before hours are spent on the other.
        let neighborsOfTrain = max(
            votes.selectsByLeaveOneOut ? min(votes.kMax, train.examples - 1) : 0, options.scaling ?? 0)
        let searchOfTrain =
            try neighborsOfTrain > 0
            ? NeighborSearch(
                rows: train, columns: train, neighbors: neighborsOfTrain, leavesOutSelf: true, options: options.search,
                world: world) : nil
        // The others' vote on each training example, by the scaled kernel.
        let localOfTrain = NearestVote(votes.local.vote, k: min(votes.local.k, train.examples - 1))
        let localSearchOfTrain =
            votes.selectsByLeaveOneOut && options.scaling != nil
            ? try NeighborSearch(
                rows: train, columns: train, neighbors: localOfTrain.k, leavesOutSelf: true, options: options.search,
                world: world) : nil
        let searchOfJoint = try options.scaling.flatMap {
            votes.joinsTest
                ? try JointSearch(
                    test: test, train: train, nearest: $0, k: votes.weightedK, options: options.search, world: world)
                : nil
        }
        let control = try options.controls.map {
            try PixelControl($0, of: ensemble, options: options, world: world)
        }
        var phases = PhaseSeconds()
        average = try phases.measure(\.read) {
            try EnsembleAverage(of: test, labels: ensemble.testLabels, world: world, threads: options.search.threads)
        }
        var searches = SearchSequence(
            [search, searchOfTrain, options.scaling == nil ? nil : search, localSearchOfTrain]
                + (searchOfJoint?.searches ?? [])
                + (control?.searches ?? []))
        func run(_ search: NeighborSearch, _ stage: CheckpointStage) throws -> NeighborSearch.Result {
            try searches.run(search, stage, checkpoint: checkpoint, progress: progress)
        }
        let found = try run(search, .prediction)
        trainGraph = try searchOfTrain.map {
            let ofTrain = try run(
                $0, votes.selectsByLeaveOneOut ? .graph(.trainTrain) : .nearest(neighborsOfTrain, .trainTrain))
            return NeighborGraph(
                parts: ofTrain.parts, shape: [train.examples, train.examples], k: neighborsOfTrain,
                isLocallyScaled: false, seconds: ofTrain.counters.seconds)
        }
        var local: [NeighborLists.OfExamples]?
        var localOfTrainParts: [NeighborLists.OfExamples]?
        if let nearest = options.scaling, let trainGraph {
            let scaling = try LocalScaling(
                ofNearest: nearest, rows: found.parts, columns: trainGraph.parts, world: world)
            local = try run(search.scaled(by: scaling), .localPrediction).parts
            localOfTrainParts = try localSearchOfTrain.map {
                try run($0.scaled(by: scaling.ofColumns), .localGraph(.trainTrain)).parts
            }
        }
        let leaveOneOut =
            try votes.selectsByLeaveOneOut
            ? trainGraph.map {
                try LeaveOneOut(
                    of: $0, local: localOfTrainParts.map { (localOfTrain, $0) }, labels: ensemble.trainLabels ?? [],
                    classes: train.classes, ties: votes.ties, world: world)
            } : nil
        var neighborsOfAll: NeighborLists.OfExamples?
        if let searchOfJoint, let trainGraph {
            neighborsOfAll = try searchOfJoint.neighbors(
                testTrain: found.parts, trainTrain: trainGraph.parts, world: world
            ) { try run($0, $1).parts }
        }

        let ofLogits = average.logitsPrediction
        // One that was tried on the training examples, of which each has one fewer others.
        let chosen = leaveOneOut.map { $0.chosen.vote == localOfTrain ? votes.local : $0.chosen.vote }
        let ofPixels = try control?.votes(
            of: ensemble, classes: test.classes, comparedTo: ofLogits, world: world
        ) { try run($0, $1).parts }
        let counted = try CountedVotes(
            votes.all.union([chosen].compactMap(\.self).filter { $0 != votes.local }), of: found.parts,
            ensemble: ensemble,
            classes: test.classes, ties: votes.ties, comparedTo: ofLogits, world: world)
        let countedLocal = try local.map {
            try CountedVotes(
                votes.allLocal, of: $0, ensemble: ensemble, classes: test.classes,
                ties: votes.ties, comparedTo: ofLogits, world: world)
        }
        let combined =
            options.votes.combines
            ? try CombinedPredictions.predictions(
                of: local == nil ? votes.weighted : votes.local, local ?? found.parts, ensemble: ensemble, test: test,
                comparedTo: ofLogits, threads: options.search.threads, world: world) : nil
        let joint = try neighborsOfAll.flatMap {
            try JointVotes(of: $0, votes.local.vote, ensemble: ensemble, test: test, comparedTo: ofLogits, world: world)
        }
        phases += searches.counters.seconds
        phases.total = (ContinuousClock.now - start) / .seconds(1)
        (parts, kernelParts, scaledTrainParts) = (local ?? found.parts, found.parts, localOfTrainParts)
        table = try PredictionTable(
            parts: found.parts, votes: votes, chosen: chosen, counted: counted, local: countedLocal,
            combined: combined, joint: joint?.predictions, ensemble: average.logitsPrediction,
            labels: ensemble.testLabels, world: world)
        summary = try Summary(
            size: EnsembleSize(of: ensemble, test: test, train: train), options: options,
            accuracies: Summary.Accuracies(
                average: average, labels: ensemble.testLabels, votes: votes, counted: counted, local: countedLocal,
                combined: combined, joint: joint, pixels: ofPixels,
                leaveOneOut: leaveOneOut, chosen: chosen),
            found: found, counters: searches.counters, grid: search.grid,
            ranks: RankReport(seconds: phases, activity: MPIStatistics.reading.since(before), grid: search.grid),
            version: version)
    }

    private static func checkedLogits(of ensemble: Ensemble, _ options: PredictionOptions) throws -> (Logits, Logits) {
        let (test, train) = try ensemble.logits(of: .testTrain)
        if options.votes.selectsByLeaveOneOut {
            guard ensemble.trainLabels != nil else {
                throw EnsembleError.missingLabels(
                    .train, source: ensemble.title, purpose: "the choice of a vote")
            }
            guard train.examples > 1 else {
                throw UserError.badData(
                    "\(ensemble.title): 1 training example, which has no others to vote on it"
                )
            }
        }
        for (isAsked, purpose) in [
            (options.votes.combines, "the product with a vote"), (options.votes.joinsTest, "the joint vote"),
            (options.controls != nil, "the control by pixels"),
        ] where isAsked && ensemble.trainLabels == nil {
            throw EnsembleError.missingLabels(.train, source: ensemble.title, purpose: purpose)
        }
        guard train.examples <= Int(Int32.max) else {
            throw UserError.badData(
                "\(ensemble.title): \(train.examples) training examples, more than 2^31 - 1")
        }
        try ensemble.requireSeveralRuns()
        try LocalScaling.requireOthers(options.scaling, among: train.examples)
        let votes = options.votes
        for (role, k) in [
            (PredictionError.Role.majority, votes.k), (.weighted, votes.weightedK), (.kept, votes.kMax),
        ] {
            guard (1...train.examples).contains(k) else {
                throw PredictionError.neighborsOutOfRange(role, k, training: train.examples)
            }
        }
        guard max(votes.k, votes.weightedK, options.scaling ?? 0) <= votes.kMax else {
            throw PredictionError.fewerKeptThanVote(votes.kMax)
        }
        return (test, train)
    }
}
