import EnsembleMetrics
import Ensembles
import MessagePassing
import Platform
import UserMessages

/// Chooses and weights runs of a pool by their predictions for labeled examples, over all ranks.
public struct Selector {
    private let pool: EvaluatedPool
    private let options: SelectionOptions
    private let world: Communicator

    /// Checks the data and the options. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` (64 or 65) on every rank if data is missing or an option is out of range; `MPIError`.
    public init(_ ensemble: Ensemble, options: SelectionOptions, world: Communicator) throws {
        pool = try world.agree {
            let pool = try EvaluatedPool(ensemble, labels: nil, purpose: "select")
            guard 1...pool.logits.runs ~= options.size else {
                throw EvaluationError.selectionOutOfRange(options.size, available: pool.logits.runs, pool: pool.name)
            }
            guard pool.labels.labeledCount >= 2 else {
                throw UserError.badData(
                    "\(pool.name): logits has 1 example with a label, but two halves are needed"
                )
            }
            return pool
        }
        (self.options, self.world) = (options, world)
    }

    /// Chooses on each half of the examples, measures on the other, and chooses on all examples. Collective.
    ///
    /// - Parameters:
    ///   - version: The version of the program.
    ///   - progress: Called with the fraction done.
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, the memory is too small, or (75) the job is
    ///   asked to stop; `MPIError`.
    public func select(version: String, progress: (Double) -> Void) throws -> Selection {
        let divisions = Halves.divisions(of: pool.labels.labeledCount, seed: options.seed)
        let methods = SelectionMethod.allCases
        let random = SubsetSampler(chains: (0..<pool.logits.runs).map { [$0] }, seed: options.seed)
            .subsets(size: options.size, count: divisions.count)
        let (chosen, prequential) = try chosen(divisions.map(\.fitted), random, methods) { progress(0.8 * $0) }
        let (ofHalves, ofAll) = (chosen.dropLast(), chosen.last!)

        let seed = options.seed
        let pass = SubsetPass(
            logits: pool.logits, labels: pool.labels, world: world, threads: options.threads, memory: options.memory)
        let scored = divisions.map(\.scored)
        let measured = try pass.measured(
            ofHalves.flatMap { $0.map(\.members) }, readsAllRuns: false,
            progress: { progress(0.8 + 0.2 * $0) }
        ) { place, sums in
            OfHalf(of: sums.selecting(scored[place / methods.count]), seed: seed)
        }
        let randomNLL = stride(from: 0, to: measured.count, by: methods.count).map {
            measured[$0 + methods.firstIndex(of: .random)!].metrics.negativeLogLikelihood
        }
        let numbers = pool.logits.numbers
        let choices = methods.enumerated().map { place, method in
            let halves = stride(from: place, to: measured.count, by: methods.count).map { measured[$0] }
            let choice = ofAll[place]
            return Selection.Choice(
                method: method, runs: choice.members.runs.count,
                members: method == .random ? nil : choice.order?.map { numbers[$0] },
                weights: choice.order == nil ? choice.allWeights(of: pool.logits.runs) : nil,
                measures: Spread(of: halves.map(\.metrics)),
                nll_less_random: Spread(of: zip(halves, randomNLL).map { $0.metrics.negativeLogLikelihood - $1 }),
                halves: halves.map { .init(mean_member_nll: $0.memberNLL, gap: $0.gap) })
        }
        return Selection(
            version: version, ensemble: pool.description, numbers: numbers, size: options.size,
            cohesion: options.cohesion,
            seed: options.seed, choices: choices, prequential: prequential)
    }

    /// Runs or weights that were chosen.
    private struct Chosen {
        /// In the order in which they were chosen; nil for weights.
        let order: [Int]?
        let members: SubsetPass.Members

        init(_ order: [Int]) { (self.order, members) = (order, .init(runs: order.sorted(), weights: nil)) }

        /// Weights of all runs, of which those without weight are no members.
        init(weights: [Double]) {
            precondition(abs(weights.reduce(0, +) - 1) < 1e-6, "weights do not add up to 1")
            let runs = weights.indices.filter { weights[$0] > 0 }
            (order, members) = (nil, .init(runs: runs, weights: runs.map { weights[$0] }))
        }

        func allWeights(of runs: Int) -> [Double] {
            var all = [Double](repeating: 0, count: runs)
            for (place, run) in members.runs.enumerated() { all[run] = members.weights?[place] ?? 0 }
            return all
        }
    }

    /// What is measured on a half.
    private struct OfHalf: Codable {
        let metrics: Metrics
        let memberNLL, gap: Double

        init(of sums: MemberSums, seed: UInt64) {
            metrics = Metrics(of: sums.averageOfProbabilities, seed: seed)
            let diversity = sums.diversity
            (memberNLL, gap) = (diversity.meanMemberNLL, diversity.gapOfProbabilities)
        }
    }

    /// What every method chooses on each half, and last on all examples; and the mixture by the likelihood so far.
    private func chosen(
        _ halves: [ArraySlice<Int32>], _ random: [[Int]], _ methods: [SelectionMethod], progress: (Double) -> Void
    ) throws -> ([[Chosen]], Selection.Prequential) {
        let chooser = try RunLikelihoods(of: pool, world: world, threads: options.threads, memory: options.memory)
        let examples = pool.labels.labeledCount
        let sets = halves.map(chooser.exampleSet) + [chooser.exampleSet(0..<Int32(examples))]
        let likelihoods = try chooser.logLikelihoods(over: sets)
        progress(0.3)
        let greedy = try chooser.greedy(options.size, over: sets)
        progress(0.6)
        let cohesive = try chooser.cohesive(
            options.size, cohesion: options.cohesion, logLikelihoods: likelihoods, over: sets)
        progress(0.8)
        let stacking = try chooser.stacking(logLikelihoods: likelihoods, over: sets)
        progress(1)

        let chosen = sets.indices.map { set in
            methods.map { method in
                switch method {
                case .random: Chosen(random[set % random.count])
                case .best: Chosen(RunLikelihoods.best(options.size, of: likelihoods[set]))
                case .greedy: Chosen(greedy[set])
                case .cohesive: Chosen(cohesive[set])
                case .stacking: Chosen(weights: stacking[set])
                case .bayes: Chosen(weights: RunLikelihoods.posterior(of: likelihoods[set]))
                case .all: Chosen(Array(0..<chooser.runs))
                }
            }
        }
        let totals = likelihoods.last!
        let best = totals.reduce(-.infinity) { max($0, $1) }
        // The product of the probabilities given to all labels is the mean over the runs of theirs.
        let mixture = best + log(totals.reduce(0) { $0 + exp($1 - best) } / Double(totals.count))
        return (
            chosen,
            .init(
                nll: -mixture / Double(examples), best_run_nll: -best / Double(examples), regret: best - mixture)
        )
    }
}
