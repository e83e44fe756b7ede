import EnsembleKernel
import EnsembleMetrics
import Ensembles
import KernelPrediction
import MessagePassing
import UserMessages

/// Evaluates a pool of runs over all ranks.
public struct Evaluator {
    /// The stages of an evaluation, with one progress bar each.
    public enum Stage: String, CaseIterable, Sendable {
        case deepEnsembles = "deep ensembles"
        case ensembles
        case kernel
    }

    /// The runs to evaluate.
    let pool: EvaluatedPool
    /// The deep ensemble to compare with.
    let deep: EvaluatedPool?
    /// The same runs on examples of other distributions.
    let outliers: [OutlierSet]
    let options: EvaluationOptions
    let world: Communicator
    /// The ranks that search for the kernel's neighbors; nil on the other ranks.
    let searchers: Communicator?

    /// Checks the data and the options. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - ensemble: The runs to evaluate, with labels of the test examples.
    ///   - deep: Independent runs on the same test examples to compare with; nil for none.
    ///   - outliers: The same runs on examples of other distributions, each with its name.
    ///   - searchers: The ranks of `world` that search for the kernel's neighbors, those with a core of their own; nil
    /// on the others.
    /// - Throws: `AgreedFailure` (64 or 65) on every rank if data is missing or an option is out of range; `MPIError`.
    public init(
        _ ensemble: Ensemble, against deep: Ensemble?, outliers: [(name: String, ensemble: Ensemble)] = [],
        options: EvaluationOptions, world: Communicator, searchers: Communicator?
    ) throws {
        (pool, self.deep, self.outliers) = try world.agree {
            let pool = try EvaluatedPool(ensemble, labels: nil)
            return (
                pool, try deep.map { try EvaluatedPool($0, labels: pool) },
                try outliers.map { try OutlierSet($0.ensemble, name: $0.name, of: pool) }
            )
        }
        self.options = options
        self.world = world
        self.searchers = searchers
        try world.agree { try check() }
    }

    private func check() throws {
        let runs = pool.logits.runs
        if let size = options.sizes?.first(where: { !(1...runs).contains($0) }) {
            throw EvaluationError.sizeOutOfRange(size, least: 1, most: runs, pool: pool.name)
        }
        if options.cascade != nil, pool.labels.labeledCount < 2 {
            throw UserError.badData(
                """
                \(pool.name): logits has 1 example with a label; a cascade is found on one half of them and measured \
                on the other
                """)
        }
        if let train = pool.ensemble.train { try LocalScaling.requireOthers(options.scaling, among: train.examples) }
        if let cascade = options.cascade, !(2...max(2, runs)).contains(cascade.runs) || runs < 2 {
            throw EvaluationError.cascadeOutOfRange(cascade.runs, available: runs, pool: pool.name)
        }
    }

    /// Measures everything that the options request. Collective: every rank calls it.
    ///
    /// - Parameters:
    ///   - version: The version of the program.
    ///   - progress: Called with the stage and the fraction of it that is done.
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, the memory is too small, or (75) the job is
    ///   asked to stop; `MPIError`.
    public func evaluate(version: String, progress: (Stage, Double) -> Void) throws -> Evaluation {
        try checkKernel()
        let curve = try deep.map { try self.curve(of: $0) { progress(.deepEnsembles, $0) } }
        let sizes = try sizes(curve) { progress(.ensembles, $0) }
        let correct = try CorrectCounts(
            of: pool.logits, labels: pool.labels, world: world, threads: options.search.threads)
        let variance = RunVariance(
            correctOfRun: correct.ofRun, correctOfExample: Array(correct.ofExample[pool.labeled]),
            classes: pool.logits.classes)
        let largest = sizes.map(\.runs).max() ?? pool.logits.runs
        var kernel = try kernel(sizes.map(\.runs), curve) { progress(.kernel, $0) }
        let scores = try scores(of: pool.logits, runs: largest, kernel, kernel?.found)
        let outOfDistribution = try outlierDetection(runs: largest, scores, &kernel) { progress(.kernel, $0) }
        return Evaluation(
            version: version, ensemble: pool.description, seed: options.seed, sizes: sizes,
            scaling: kernel == nil ? nil : options.scaling.map { Summary.Scaling(k: $0) }, kernel: kernel?.measured,
            run_variance: variance,
            label_free_error: sizes.max { $0.runs < $1.runs }?.diversity.mean.pairwiseDisagreement,
            by_class: byClass(runs: largest, scores), error_detection: errorDetection(runs: largest, scores),
            out_of_distribution: outliers.isEmpty ? nil : outOfDistribution,
            conformal: try conformal(runs: largest, kernel),
            against: deep.flatMap { deep in curve.map { .init(pool: deep.description, curve: $0) } },
            cascade: try cascade())
    }

    private func pass(over pool: EvaluatedPool) -> SubsetPass {
        SubsetPass(
            logits: pool.logits, labels: pool.labels, world: world, threads: options.search.threads,
            memory: options.search.memory)
    }

    /// The result of `measure` for the first runs of the pool, on every rank. Collective: every rank calls it.
    private func ofFirst<Result: Codable & Sendable>(
        _ runs: Int, _ measure: @escaping @Sendable (MemberSums) -> Result
    ) throws -> Result {
        try pass(over: pool).measured([Array(0..<runs)], readsAllRuns: false, progress: { _ in }, measure)[0]
    }

    private func sampler(of pool: EvaluatedPool) -> SubsetSampler {
        SubsetSampler(chains: pool.history.chains, seed: options.seed)
    }

    /// The measurements of one ensemble.
    private struct OfEnsemble: Codable {
        let probabilities: Metrics
        let logits: Metrics
        let diversity: Diversity
    }

    private func sizes(_ curve: DeepEnsembleCurve?, progress: (Double) -> Void) throws -> [Evaluation.Size] {
        let sizes = options.sizes ?? EvaluationOptions.usualSizes(pool.logits.runs)
        let subsets = sizes.map { sampler(of: pool).subsets(size: $0, count: options.subsets) }
        let seed = options.seed
        var measured = try pass(over: pool).measured(Array(subsets.joined()), progress: progress) { sums in
            OfEnsemble(
                probabilities: Metrics(of: sums.averageOfProbabilities, seed: seed),
                logits: Metrics(of: sums.averageOfLogits, seed: seed), diversity: sums.diversity)
        }[...]
        return zip(sizes, subsets).map { size, subsets in
            let ensembles = measured.prefix(subsets.count)
            measured = measured.dropFirst(subsets.count)
            func average(_ metrics: [Metrics]) -> Evaluation.Average {
                let spread = Spread(of: metrics)
                return .init(
                    mean: spread.mean, std: spread.std,
                    deep_ensemble_equivalent: curve?.equivalent(ofLikelihood: spread.mean.calibratedLogLikelihood))
            }
            return Evaluation.Size(
                runs: size, subsets: subsets.count,
                cost_epochs: pool.history.costs.map { costs in
                    subsets.joined().reduce(0) { $0 + costs[$1] } / Double(subsets.count)
                },
                average_of_probabilities: average(ensembles.map(\.probabilities)),
                average_of_logits: average(ensembles.map(\.logits)),
                diversity: Spread(of: ensembles.map(\.diversity)))
        }
    }

    private func curve(of deep: EvaluatedPool, progress: (Double) -> Void) throws -> DeepEnsembleCurve {
        let sizes = EvaluationOptions.curveSizes(deep.logits.runs)
        let subsets = sizes.map { sampler(of: deep).subsets(size: $0, count: options.subsets) }
        let seed = options.seed
        var likelihoods = try pass(over: deep).measured(Array(subsets.joined()), progress: progress) {
            $0.averageOfProbabilities.calibratedLogLikelihood(seed: seed)
        }[...]
        return DeepEnsembleCurve(
            zip(sizes, subsets).map { size, subsets in
                let spread = Spread(of: Array(likelihoods.prefix(subsets.count)))
                likelihoods = likelihoods.dropFirst(subsets.count)
                return .init(members: size, mean: spread.mean, std: spread.std)
            })
    }

    /// The labels of the kernel's training examples, and the vote by it; nil if the kernel is not measured.
    private var voters: (train: Logits, labels: [Int], vote: NearestVote)? {
        guard options.kernel, let train = pool.ensemble.train, let labels = pool.ensemble.trainLabels,
            pool.logits.runs > 1
        else { return nil }
        return (train, labels, NearestVote(options.vote.vote, k: min(options.vote.k, train.examples)))
    }

    /// The search for voters by the kernel of the first `runs` runs.
    private func neighbors(among train: Logits, k: Int, runs: Int) -> TrainingNeighbors {
        TrainingNeighbors(
            among: train.selecting(runs: 0..<runs), k: k, nearest: options.scaling, options: options.search,
            world: world, searchers: searchers)
    }

    /// Checks that the search has enough memory, before hours are spent on ensembles.
    private func checkKernel() throws {
        guard let (train, _, vote) = voters else { return }
        let neighbors = neighbors(among: train, k: vote.k, runs: pool.logits.runs)
        for logits in [pool.logits] + outliers.map(\.logits) { try neighbors.check(logits) }
    }

    /// The kernel's votes by the number of runs, and the neighbors by that of the most runs.
    private struct KernelVotes {
        let trainLabels: [Int]
        let vote: NearestVote
        var measured: [Evaluation.Kernel] = []
        var runs = 0
        var neighbors: TrainingNeighbors
        /// What it finds for the test examples, and how these vote for the labeled ones.
        var found: TrainingNeighbors.Found?
        var votes: Predictions?
    }

    private func kernel(
        _ sizes: [Int], _ curve: DeepEnsembleCurve?, progress: (Double) -> Void
    ) throws -> KernelVotes? {
        guard let (train, trainLabels, vote) = voters else { return nil }
        let sizes = sizes.filter { $0 > 1 }
        guard !sizes.isEmpty else { return nil }
        let seed = options.seed
        func equivalent(_ metrics: Metrics) -> DeepEnsembleEquivalent? {
            curve?.equivalent(ofLikelihood: metrics.calibratedLogLikelihood)
        }
        var kernel = KernelVotes(
            trainLabels: trainLabels, vote: vote, neighbors: neighbors(among: train, k: vote.k, runs: sizes[0]))
        for (place, runs) in sizes.enumerated() {
            var neighbors = neighbors(among: train, k: vote.k, runs: runs)
            let found = try neighbors.find(pool.logits.selecting(runs: 0..<runs)) {
                progress((Double(place) + $0) / Double(sizes.count + outliers.count))
            }
            let votes = try predictions(of: vote, found.voters, trainLabels)
            let ofVotes = Metrics(of: votes, seed: seed)
            let ofProduct = try ofFirst(runs) { sums in
                Metrics(of: sums.averageOfProbabilities.product(with: votes), seed: seed)
            }
            kernel.measured.append(
                Evaluation.Kernel(
                    runs: runs, vote: vote,
                    cost_epochs: pool.history.costs.map { $0.prefix(runs).reduce(0, +) }, measures: ofVotes,
                    deep_ensemble_equivalent: equivalent(ofVotes),
                    product: .init(measures: ofProduct, deep_ensemble_equivalent: equivalent(ofProduct))))
            if runs == sizes.max() {
                (kernel.runs, kernel.neighbors, kernel.found, kernel.votes) = (runs, neighbors, found, votes)
            }
        }
        return kernel
    }

    /// The scores of all examples of some logits, by the first `runs` runs and by the kernel of the same runs.
    /// Collective.
    private func scores(
        of logits: Logits, runs: Int, _ kernel: KernelVotes?, _ found: TrainingNeighbors.Found?
    ) throws -> CertaintyScores {
        var scores = try CertaintyScores(of: logits, runs: runs, world: world, threads: options.search.threads)
        guard let kernel, let found, kernel.runs == runs else { return scores }
        scores.add(.similarity, found.similarity)
        if let similarity = found.scaledSimilarity { scores.add(.scaledSimilarity, similarity) }
        let votes = try probabilities(of: kernel.vote, found.voters, kernel.trainLabels)
        scores.add(.vote, scores.predictions.enumerated().map { votes[$0 * logits.classes + $1] })
        return scores
    }

    /// The predictions of the average of probabilities of the first `runs` runs, by class.
    private func byClass(runs: Int, _ scores: CertaintyScores) -> Evaluation.Classes {
        let (predictions, labels) = (ofLabeled(scores.predictions), ofLabeled(pool.labels))
        return .init(
            runs: runs, names: pool.ensemble.classNames,
            metrics: ClassMetrics.ofClasses(pool.logits.classes, predictions: predictions, labels: labels),
            confusions: ConfusionCount.all(predictions: predictions, labels: labels))
    }

    /// How well every score detects the errors of the average of probabilities of the first `runs` runs.
    private func errorDetection(runs: Int, _ scores: CertaintyScores) -> [Evaluation.Detection] {
        let isCorrect = ofLabeled(zip(scores.predictions, pool.labels).map { $0 == $1 })
        return scores.scores.map { score, values in
            .init(
                runs: runs, score: score, result: ErrorDetection(scores: ofLabeled(values), isCorrect: isCorrect))
        }
    }

    /// Of the values of all test examples those of the labeled ones.
    private func ofLabeled<Value>(_ values: [Value]) -> [Value] { pool.labeled.ranges.flatMap { values[$0] } }

    /// How well every score tells each set of outliers from the labeled test examples. Collective.
    private func outlierDetection(
        runs: Int, _ own: CertaintyScores, _ kernel: inout KernelVotes?, progress: (Double) -> Void
    ) throws -> [Evaluation.OutOfDistribution] {
        let searchesDone = kernel?.measured.count ?? 0
        let searches = Double(searchesDone + outliers.count)
        return try outliers.enumerated().map { place, set in
            let logits = set.logits.selecting(runs: 0..<runs)
            let found =
                kernel?.runs == runs
                ? try kernel?.neighbors.find(logits) { progress((Double(searchesDone + place) + $0) / searches) } : nil
            let others = try scores(of: logits, runs: runs, kernel, found)
            return .init(
                name: set.name, sources: set.sources, examples: logits.examples, runs: runs,
                scores: zip(own.scores, others.scores).map { own, others in
                    .init(
                        score: own.score,
                        result: OutlierDetection(own: ofLabeled(own.values), outliers: others.values))
                })
        }
    }

    /// Conformal sets of every predictor of the first `runs` runs; nil if none are requested. Collective.
    private func conformal(runs: Int, _ kernel: KernelVotes?) throws -> Evaluation.Conformal? {
        guard let error = options.conformalError else { return nil }
        let (votes, seed) = (kernel?.runs == runs ? kernel?.votes : nil, options.seed)
        let sets = try ofFirst(runs) { sums in
            let average = sums.averageOfProbabilities
            var predictors = [("average_of_probabilities", average), ("average_of_logits", sums.averageOfLogits)]
            if let votes { predictors += [("kernel", votes), ("product", average.product(with: votes))] }
            return predictors.flatMap { name, predictions in
                ConformalMethod.allCases.map { method in
                    Evaluation.Conformal.Sets(
                        predictor: name,
                        result: ConformalSets(of: predictions, method: method, error: error, seed: seed))
                }
            }
        }
        return .init(error: error, runs: runs, sets: sets)
    }

    /// The class probabilities of all examples by a vote of all ranks' neighbors, shape (examples, C), the same on
    /// every rank.
    private func probabilities(
        of vote: NearestVote, _ parts: [NeighborLists.OfExamples], _ trainLabels: [Int]
    ) throws -> [Double] {
        let classes = pool.logits.classes
        return try parts.inOrder(
            parts.flatMap { $0.lists.probabilities(vote, trainLabels: trainLabels, classes: classes) },
            width: classes, over: world)
    }

    /// The class probabilities of the labeled test examples by a vote of all ranks' neighbors, the same on every rank.
    private func predictions(
        of vote: NearestVote, _ parts: [NeighborLists.OfExamples], _ trainLabels: [Int]
    ) throws -> Predictions {
        let classes = pool.logits.classes
        let probabilities = try probabilities(of: vote, parts, trainLabels)
        let labeled = pool.labeled
        let ofLabeled = labeled.ranges.flatMap {
            probabilities[$0.lowerBound * classes..<$0.upperBound * classes]
        }
        return Predictions(probabilities: ofLabeled, classes: classes, labels: pool.labels[labeled].map(Int32.init))
    }

    private func cascade() throws -> Evaluation.Cascade? {
        guard let cascade = options.cascade else { return nil }
        let stages = [1, cascade.runs].map { sampler(of: pool).subsets(size: $0, count: 1)[0] }
        let answers = try pass(over: pool).measured(stages, progress: { _ in }) { $0.averageOfProbabilities.answers }
        return .init(
            runs: cascade.runs, members: stages[1], first: stages[0][0],
            result: WindowCascade(
                first: answers[0], ensemble: answers[1], firstCost: cascade.firstCost, othersCost: cascade.othersCost,
                coverage: cascade.coverage, seed: options.seed))
    }
}
