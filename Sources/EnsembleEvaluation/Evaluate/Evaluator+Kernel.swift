import EnsembleKernel
import EnsembleMetrics
import Ensembles
import KernelPrediction
import MessagePassing

extension Evaluator {
    /// The labels of the kernel's training examples, and the vote by it; nil if the kernel is not measured.
    var voters: (train: Logits, labels: [Int], vote: NearestVote)? {
        guard options.kernel, let train = pool.ensemble.train, let labels = pool.ensemble.trainLabels,
            pool.logits.runs > 1
        else { return nil }
        return (train, labels, NearestVote(options.vote.vote, k: min(options.vote.k, train.examples)))
    }

    /// The search for voters by the kernel of the first `runs` runs.
    func neighbors(among train: Logits, k: Int, runs: Int) -> TrainingNeighbors {
        TrainingNeighbors(
            among: train.selecting(runs: 0..<runs), k: k, nearest: options.scaling, options: options.search,
            world: world, searchers: searchers)
    }

    /// Checks that the search has enough memory, before hours are spent on ensembles.
    func checkKernel() throws {
        guard let (train, _, vote) = voters else { return }
        let neighbors = neighbors(among: train, k: vote.k, runs: pool.logits.runs)
        for logits in [pool.logits] + tests.map(\.pool.logits) + outliers.map(\.logits) {
            try neighbors.check(logits)
        }
    }

    /// The kernel's votes by the number of runs, and those by the kernel of the most runs.
    struct KernelVotes {
        let measured: [Evaluation.Kernel]
        /// The search for voters by the kernel of the most runs.
        var neighbors: TrainingNeighbors
        let vote: NearestVote
        let trainLabels: [Int]
        /// What it finds for the test examples, and how these vote for the labeled ones.
        let found: TrainingNeighbors.Found
        let votes: Predictions
    }

    /// The part of the searches that is done: one for each size, other test set and set of outliers, in this order.
    func fraction(ofSearches done: Double, sizes: Int) -> Double {
        done / Double(sizes + tests.count + outliers.count)
    }

    /// The votes by the kernels of the given numbers of runs; nil if the kernel is not measured. Collective.
    func kernel(
        _ sizes: [Int], _ curve: DeepEnsembleCurve?, progress: (Double) -> Void
    ) throws -> KernelVotes? {
        guard let (train, trainLabels, vote) = voters else { return nil }
        let sizes = sizes.filter { $0 > 1 }
        guard !sizes.isEmpty else { return nil }
        let seed = options.seed
        func equivalent(_ metrics: Metrics) -> DeepEnsembleEquivalent? {
            curve?.equivalent(ofLikelihood: metrics.calibratedLogLikelihood)
        }
        var measured: [Evaluation.Kernel] = []
        var largest: (neighbors: TrainingNeighbors, found: TrainingNeighbors.Found, votes: Predictions)?
        for (place, runs) in sizes.enumerated() {
            var neighbors = neighbors(among: train, k: vote.k, runs: runs)
            let found = try neighbors.find(pool.logits.selecting(runs: 0..<runs)) {
                progress(fraction(ofSearches: Double(place) + $0, sizes: sizes.count))
            }
            let votes = try predictions(of: vote, found.voters, trainLabels, for: pool)
            let ofVotes = Metrics(of: votes, seed: seed)
            let ofProduct = try ofFirst(runs, of: pool) { sums in
                Metrics(of: sums.averageOfProbabilities.product(with: votes), seed: seed)
            }
            measured.append(
                Evaluation.Kernel(
                    runs: runs, vote: vote,
                    cost_epochs: pool.history.costs.map { $0.prefix(runs).reduce(0, +) }, measures: ofVotes,
                    deep_ensemble_equivalent: equivalent(ofVotes),
                    product: .init(measures: ofProduct, deep_ensemble_equivalent: equivalent(ofProduct))))
            if runs == sizes.max() { largest = (neighbors, found, votes) }
        }
        return largest.map {
            KernelVotes(
                measured: measured, neighbors: $0.neighbors, vote: vote, trainLabels: trainLabels, found: $0.found,
                votes: $0.votes)
        }
    }

    /// The class probabilities of the labeled examples of `set` by a vote of all ranks' neighbors, the same on every
    /// rank.
    func predictions(
        of vote: NearestVote, _ parts: [NeighborLists.OfExamples], _ trainLabels: [Int], for set: EvaluatedPool
    ) throws -> Predictions {
        let classes = set.logits.classes
        let probabilities = try parts.inOrder(
            parts.flatMap { $0.lists.probabilities(vote, trainLabels: trainLabels, classes: classes) },
            width: classes, over: world)
        let labeled = set.labeled
        let ofLabeled = labeled.ranges.flatMap {
            probabilities[$0.lowerBound * classes..<$0.upperBound * classes]
        }
        return Predictions(probabilities: ofLabeled, classes: classes, labels: set.labels[labeled].map(Int32.init))
    }
}
