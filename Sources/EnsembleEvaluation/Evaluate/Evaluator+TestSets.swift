import EnsembleMetrics
import Ensembles
import MessagePassing

extension Evaluator {
    /// The metrics of the first `runs` runs on every other set of labeled examples. Collective.
    ///
    /// - Parameter progress: Called now and then with the fraction of the searches that is done.
    func testSets(
        runs: Int, _ kernel: inout KernelVotes?, progress: (Double) -> Void
    ) throws -> [Evaluation.TestSet] {
        let (sizes, seed) = (kernel?.measured.count ?? 0, options.seed)
        return try tests.enumerated().map { place, set in
            let logits = set.pool.logits.selecting(runs: 0..<runs)
            let found = try kernel?.neighbors.find(logits) {
                progress(fraction(ofSearches: Double(sizes + place) + $0, sizes: sizes))
            }
            let votes = try found.flatMap { found in
                try kernel.map { try predictions(of: $0.vote, found.voters, $0.trainLabels, for: set.pool) }
            }
            let predictors = try ofFirst(runs, of: set.pool) { sums in
                sums.predictors(with: votes).map { name, predictions in
                    Evaluation.TestSet.Predictor(predictor: name, measures: Metrics(of: predictions, seed: seed))
                }
            }
            let correct = try CorrectCounts(
                of: logits, labels: set.pool.labels, world: world, threads: options.search.threads
            ).ofRun.reduce(0, +)
            let examples = set.pool.labels.labeledCount
            return .init(
                name: set.name, sources: set.pool.ensemble.sources, examples: examples, runs: runs,
                single_model_error: 1 - Double(correct) / Double(runs * examples), predictors: predictors)
        }
    }
}

extension MemberSums {
    /// Every predictor with its name in files; `votes` are those of the kernel.
    func predictors(with votes: Predictions?) -> [(name: String, predictions: Predictions)] {
        let average = averageOfProbabilities
        let ofRuns = [("average_of_probabilities", average), ("average_of_logits", averageOfLogits)]
        return ofRuns + (votes.map { [("kernel", $0), ("product", average.product(with: $0))] } ?? [])
    }
}
