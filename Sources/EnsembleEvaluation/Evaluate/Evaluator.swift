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
    let options: EvaluationOptions
    let world: Communicator
    /// The ranks that search for the kernel's neighbors; nil on the other ranks.
    let searchers: Communicator?

    /// Checks the data and the options. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - ensemble: The runs to evaluate, with labels of the test examples.
    ///   - deep: Independent runs on the same test examples to compare with; nil for none.
    ///   - searchers: The ranks of `world` that search for the kernel's neighbors, those with a core of their own; nil
    /// on the others.
    /// - Throws: `AgreedFailure` (64 or 65) on every rank if data is missing or an option is out of range; `MPIError`.
    public init(
        _ ensemble: Ensemble, against deep: Ensemble?, options: EvaluationOptions, world: Communicator,
        searchers: Communicator?
    ) throws {
        (pool, self.deep) = try world.agree {
            let pool = try EvaluatedPool(ensemble, labels: nil)
            return (pool, try deep.map { try EvaluatedPool($0, labels: pool) })
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
        let kernel = try kernel(sizes.map(\.runs), curve) { progress(.kernel, $0) }
        let detection = try detection(runs: sizes.map(\.runs).max() ?? pool.logits.runs, kernel)
        return Evaluation(
            version: version, ensemble: pool.description, seed: options.seed, sizes: sizes,
            scaling: kernel == nil ? nil : options.scaling.map { Summary.Scaling(k: $0) }, kernel: kernel?.measured,
            run_variance: variance,
            label_free_error: sizes.max { $0.runs < $1.runs }?.diversity.mean.pairwiseDisagreement,
            error_detection: detection,
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
    private var voters: (labels: [Int], vote: NearestVote)? {
        guard options.kernel, let train = pool.ensemble.train, let labels = pool.ensemble.trainLabels,
            pool.logits.runs > 1
        else { return nil }
        return (labels, NearestVote(options.vote.vote, k: min(options.vote.k, train.examples)))
    }

    /// The search for voters by the kernel of the first `runs` runs. Collective over the searchers.
    private func search(k: Int, runs: Int, _ searchers: Communicator) throws -> NeighborGraphSearch {
        try NeighborGraphSearch(
            of: pool.ensemble.selecting(runs: 0..<runs), pairs: .testTrain, k: k, scaling: options.scaling,
            options: options.search, world: searchers)
    }

    /// Checks that the search has enough memory, before hours are spent on ensembles.
    private func checkKernel() throws {
        try world.agree {
            guard let (_, vote) = voters, let searchers else { return }
            _ = try search(k: vote.k, runs: pool.logits.runs, searchers)
        }
    }

    /// The kernel's votes by the number of runs, and what those of the most runs say of the labeled examples.
    private struct KernelVotes {
        var measured: [Evaluation.Kernel] = []
        var runs = 0
        var votes: Predictions?
        /// The similarity of the nearest training example.
        var nearest: [Double] = []
        /// The average of the same runs.
        var average: OfAverage?
    }

    private func kernel(
        _ sizes: [Int], _ curve: DeepEnsembleCurve?, progress: (Double) -> Void
    ) throws -> KernelVotes? {
        guard let (trainLabels, vote) = voters else { return nil }
        let sizes = sizes.filter { $0 > 1 }
        guard !sizes.isEmpty else { return nil }
        let seed = options.seed
        func equivalent(_ metrics: Metrics) -> DeepEnsembleEquivalent? {
            curve?.equivalent(ofLikelihood: metrics.calibratedLogLikelihood)
        }
        var kernel = KernelVotes()
        for (place, runs) in sizes.enumerated() {
            let parts = try world.agree {
                guard let searchers else { return [] as [NeighborLists.OfExamples] }
                return try search(k: vote.k, runs: runs, searchers)
                    .run { progress((Double(place) + $0) / Double(sizes.count)) }.parts
            }
            let votes = try predictions(of: vote, parts, trainLabels)
            let ofVotes = Metrics(of: votes, seed: seed)
            let isLargest = runs == sizes.max()
            struct Measured: Codable {
                let product: Metrics
                let average: OfAverage?
            }
            let measured = try ofFirst(runs) { sums in
                Measured(
                    product: Metrics(of: sums.averageOfProbabilities.product(with: votes), seed: seed),
                    average: isLargest ? OfAverage(sums) : nil)
            }
            let ofProduct = measured.product
            kernel.measured.append(
                Evaluation.Kernel(
                    runs: runs, vote: vote,
                    cost_epochs: pool.history.costs.map { $0.prefix(runs).reduce(0, +) }, measures: ofVotes,
                    deep_ensemble_equivalent: equivalent(ofVotes),
                    product: .init(measures: ofProduct, deep_ensemble_equivalent: equivalent(ofProduct))))
            guard isLargest else { continue }
            let nearest = try parts.inOrder(
                parts.flatMap { $0.lists.first(1).similarities.map(Double.init) }, over: world)
            (kernel.runs, kernel.votes, kernel.average) = (runs, votes, measured.average)
            kernel.nearest = pool.labeled.ranges.flatMap { nearest[$0] }
        }
        return kernel
    }

    /// What the average of probabilities says of each labeled example.
    private struct OfAverage: Codable {
        let predictions: [Int]
        let answers: [ScoredPrediction]
        let entropies, agreement: [Double]

        init(_ sums: MemberSums) {
            let average = sums.averageOfProbabilities
            (predictions, answers) = (average.likeliestClasses, average.answers)
            (entropies, agreement) = (average.entropies, sums.agreement)
        }
    }

    /// How well every score detects the errors of the average of probabilities of the first `runs` runs.
    private func detection(runs: Int, _ kernel: KernelVotes?) throws -> [Evaluation.Detection] {
        let kernel = kernel?.runs == runs ? kernel : nil
        let average = try kernel?.average ?? ofFirst(runs, OfAverage.init)
        let ofLogits = try LogitScores(
            of: pool.logits, runs: 0..<runs, labeled: pool.labeled, world: world, threads: options.search.threads)
        var scores: [(CertaintyScore, [Double])] = [
            (.confidence, average.answers.map(\.confidence)), (.entropy, average.entropies.map { 0 - $0 }),
        ]
        // Of one logit of two classes, and of probabilities, these say nothing of the certainty.
        if pool.logits.inputs == .logits, !pool.logits.isBinary {
            scores += [(.largestLogit, ofLogits.largest), (.energy, ofLogits.energies)]
        }
        if runs > 1 {
            scores.append((.mutualInformation, zip(ofLogits.entropies, average.entropies).map { $0 - $1 }))
            scores.append((.agreement, average.agreement))
        }
        if let kernel, let votes = kernel.votes {
            scores.append((.similarity, kernel.nearest))
            scores.append((.vote, votes.probabilities(ofClasses: average.predictions)))
        }
        let isCorrect = average.answers.map(\.isCorrect)
        return scores.map { score, values in
            .init(runs: runs, score: score, result: ErrorDetection(scores: values, isCorrect: isCorrect))
        }
    }

    /// The class probabilities of the labeled test examples by a vote of all ranks' neighbors, the same on every rank.
    private func predictions(
        of vote: NearestVote, _ parts: [NeighborLists.OfExamples], _ trainLabels: [Int]
    ) throws -> Predictions {
        let classes = pool.logits.classes
        let probabilities = try parts.inOrder(
            parts.flatMap { $0.lists.probabilities(vote, trainLabels: trainLabels, classes: classes) },
            width: classes, over: world)
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
