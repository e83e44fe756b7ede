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
    /// The same runs on other labeled examples.
    let tests: [TestSet]
    /// The same runs on examples of other distributions.
    let outliers: [OutlierSet]
    let options: EvaluationOptions
    let world: Communicator
    /// The ranks that search for the kernel's neighbors; nil on the other ranks.
    let searchers: Communicator?

    /// An ensemble and what it is called: its folder or file.
    public typealias NamedEnsemble = (name: String, ensemble: Ensemble)

    /// Checks the data and the options. Collective over `world`: every rank calls it.
    ///
    /// - Parameters:
    ///   - ensemble: The runs to evaluate, with labels of the test examples.
    ///   - deep: Independent runs on the same test examples to compare with; nil for none.
    ///   - tests: The same runs on other labeled examples, such as shifted ones, each with its name.
    ///   - outliers: The same runs on examples of other distributions, each with its name.
    ///   - searchers: The ranks of `world` that search for the kernel's neighbors, those with a core of their own; nil
    /// on the others.
    /// - Throws: `AgreedFailure` (64 or 65) on every rank if data is missing or an option is out of range; `MPIError`.
    public init(
        _ ensemble: Ensemble, against deep: Ensemble?, tests: [NamedEnsemble] = [], outliers: [NamedEnsemble] = [],
        options: EvaluationOptions, world: Communicator, searchers: Communicator?
    ) throws {
        (pool, self.deep, self.tests, self.outliers) = try world.agree {
            let pool = try EvaluatedPool(ensemble, labels: nil)
            return (
                pool, try deep.map { try EvaluatedPool($0, labels: pool) },
                try tests.map { try TestSet($0.ensemble, name: $0.name, of: pool) },
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
        let halved = [
            ("a cascade", options.cascade != nil), ("calibrators", !options.calibrators.isEmpty),
            ("conformal sets", options.conformalError != nil),
        ]
        if let (what, _) = halved.first(where: \.1), pool.labels.labeledCount < 2 {
            throw UserError.badData(
                "\(pool.name): logits has 1 example with a label, but two halves are needed for \(what)")
        }
        if !options.budgets.isEmpty,
            let unknown = [pool, deep].compactMap(\.self).first(where: { $0.history.costs == nil })
        {
            throw EvaluationError.costsUnknown(pool: unknown.name)
        }
        if let train = pool.ensemble.train { try LocalScaling.requireOthers(options.scaling, among: train.examples) }
        try checkCascade()
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
        let sizes = try ensembles(of: options.sizes ?? EvaluationOptions.usualSizes(pool.logits.runs), of: pool, curve)
        {
            progress(.ensembles, $0)
        }
        let correct = try CorrectCounts(
            of: pool.logits, labels: pool.labels, world: world, threads: options.search.threads)
        let variance = RunVariance(
            correctOfRun: correct.ofRun, correctOfExample: Array(correct.ofExample[pool.labeled]),
            classes: pool.logits.classes)
        let largest = sizes.map(\.runs).max() ?? pool.logits.runs
        var kernel = try kernel(sizes.map(\.runs), curve) { progress(.kernel, $0) }
        let scores = try scores(of: pool.logits, runs: largest, kernel, kernel?.found)
        let testSets = try testSets(runs: largest, &kernel) { progress(.kernel, $0) }
        let outOfDistribution = try outlierDetection(runs: largest, scores, &kernel) { progress(.kernel, $0) }
        return Evaluation(
            version: version, ensemble: pool.description, seed: options.seed, sizes: sizes,
            scaling: kernel == nil ? nil : options.scaling.map { Summary.Scaling(k: $0) }, kernel: kernel?.measured,
            run_variance: variance,
            label_free_error: sizes.max { $0.runs < $1.runs }?.diversity.mean.pairwiseDisagreement,
            test_sets: tests.isEmpty ? nil : testSets, by_class: byClass(runs: largest, scores),
            error_detection: errorDetection(runs: largest, scores), reliability: reliability(runs: largest, scores),
            out_of_distribution: outliers.isEmpty ? nil : outOfDistribution,
            calibration: try calibration(runs: largest, kernel), conformal: try conformal(runs: largest, kernel),
            settled: try settled(runs: largest), budgets: try budgets(curve, measured: sizes),
            against: deep.flatMap { deep in curve.map { .init(pool: deep.description, curve: $0) } },
            cascade: try cascade())
    }

    func pass(over pool: EvaluatedPool) -> SubsetPass {
        SubsetPass(
            logits: pool.logits, labels: pool.labels, world: world, threads: options.search.threads,
            memory: options.search.memory)
    }

    /// The result of `measure` for the first runs of a pool, on every rank. Collective: every rank calls it.
    func ofFirst<Result: Codable & Sendable>(
        _ runs: Int, of pool: EvaluatedPool, _ measure: @escaping @Sendable (MemberSums) -> Result
    ) throws -> Result {
        try pass(over: pool).measured([Array(0..<runs)], readsAllRuns: false, progress: { _ in }, measure)[0]
    }

    func sampler(of pool: EvaluatedPool) -> SubsetSampler {
        SubsetSampler(chains: pool.history.chains, seed: options.seed)
    }

    /// The measurements of one ensemble.
    private struct OfEnsemble: Codable {
        let probabilities: Metrics
        let logits: Metrics
        let diversity: Diversity
    }

    /// What ensembles of the given sizes of a pool are, compared with deep ensembles. Collective.
    func ensembles(
        of sizes: [Int], of pool: EvaluatedPool, _ curve: DeepEnsembleCurve?, progress: (Double) -> Void = { _ in }
    ) throws -> [Evaluation.Size] {
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
                cost_epochs: pool.history.costs.map { cost(of: subsets, $0) },
                average_of_probabilities: average(ensembles.map(\.probabilities)),
                average_of_logits: average(ensembles.map(\.logits)),
                diversity: Spread(of: ensembles.map(\.diversity)))
        }
    }

    /// The mean cost of some ensembles.
    func cost(of subsets: [[Int]], _ costs: [Double]) -> Double {
        subsets.joined().reduce(0) { $0 + costs[$1] } / Double(subsets.count)
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
}
