import EnsembleKernel
import EnsembleMetrics
import Ensembles
import MessagePassing
import ParallelRanges
import Synchronization

extension Evaluator {
    /// The scores of all examples of some logits, by the given runs. Collective.
    func scores(of logits: Logits, runs: RangeSet<Int>) throws -> CertaintyScores {
        try CertaintyScores(of: logits, runs: runs, world: world, threads: options.search.threads)
    }

    /// The scores of all examples of some logits, by the first `runs` runs and by the kernel of the same runs.
    /// Collective.
    func scores(
        of logits: Logits, runs: Int, _ kernel: KernelVotes?, _ found: TrainingNeighbors.Found?
    ) throws -> CertaintyScores {
        var scores = try scores(of: logits, runs: RangeSet(0..<runs))
        guard let kernel, let found else { return scores }
        scores.add(.similarity, found.similarity)
        if let similarity = found.scaledSimilarity { scores.add(.scaledSimilarity, similarity) }
        let ofOwn = found.voters.flatMap { part in
            let probabilities = part.lists.probabilities(
                kernel.vote, trainLabels: kernel.trainLabels, classes: logits.classes)
            return part.rows.enumerated().map { probabilities[$0 * logits.classes + scores.predictions[$1]] }
        }
        scores.add(.vote, try found.voters.inOrder(ofOwn, over: world))
        return scores
    }

    /// The predictions of the average of probabilities of the first `runs` runs, by class.
    func byClass(runs: Int, _ scores: CertaintyScores) -> Evaluation.Classes {
        let (predictions, labels) = (ofLabeled(scores.predictions), ofLabeled(pool.labels))
        return .init(
            runs: runs, names: [],
            metrics: ClassMetrics.ofClasses(pool.logits.classes, predictions: predictions, labels: labels),
            confusions: ConfusionCount.all(predictions: predictions, labels: labels))
    }

    /// How well every score detects the errors of the average of probabilities of the first `runs` runs.
    func errorDetection(runs: Int, _ scores: CertaintyScores) -> [Evaluation.Detection] {
        let isCorrect = isCorrect(scores)
        return scores.scores.map { score, values in
            let (detection, risks) = ErrorDetection.withRiskByCoverage(
                scores: ofLabeled(values), isCorrect: isCorrect)
            return .init(runs: runs, score: score, result: detection, risk_by_coverage: risks)
        }
    }

    /// The confidence of the average of probabilities of the first `runs` runs.
    func reliability(runs: Int, _ scores: CertaintyScores) -> Evaluation.ReliabilityBins {
        let predictions = zip(ofLabeled(scores.confidences), isCorrect(scores)).map {
            ScoredPrediction(confidence: $0, isCorrect: $1)
        }
        return .init(runs: runs, bins: predictions.reliabilityBins)
    }

    /// Whether the predictions for the labeled examples are correct.
    func isCorrect(_ scores: CertaintyScores) -> [Bool] {
        ofLabeled(zip(scores.predictions, pool.labels).map { $0 == $1 })
    }

    /// Of the values of all test examples those of the labeled ones.
    func ofLabeled<Value>(_ values: [Value]) -> [Value] { pool.labeled.ranges.flatMap { values[$0] } }

    /// How well every score tells each set of outliers from the labeled test examples. Collective.
    func outlierDetection(
        runs: Int, _ own: CertaintyScores, _ kernel: inout KernelVotes?, progress: (Double) -> Void
    ) throws -> [Evaluation.OutOfDistribution] {
        let sizes = kernel?.measured.count ?? 0
        return try outliers.enumerated().map { place, set in
            let logits = set.logits.selecting(runs: 0..<runs)
            let found = try kernel?.neighbors.find(logits) {
                progress(fraction(ofSearches: Double(sizes + tests.count + place) + $0, sizes: sizes))
            }
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

    /// Every predictor of the first `runs` runs by every calibrator; nil if none are requested. Collective.
    func calibration(runs: Int, _ kernel: KernelVotes?) throws -> Evaluation.Calibration? {
        guard !options.calibrators.isEmpty else { return nil }
        let seed = options.seed
        let results = try ofPredictors(runs: runs, kernel, by: options.calibrators) { name, predictions, calibrator in
            Evaluation.Calibration.Calibrated(
                predictor: name, calibrator: calibrator,
                measures: CalibratedMetrics(of: predictions, by: calibrator, seed: seed))
        }
        return .init(runs: runs, results: results)
    }

    /// Conformal sets of every predictor of the first `runs` runs; nil if none are requested. Collective.
    func conformal(runs: Int, _ kernel: KernelVotes?) throws -> Evaluation.Conformal? {
        guard let error = options.conformalError else { return nil }
        let seed = options.seed
        let sets = try ofPredictors(runs: runs, kernel, by: ConformalMethod.allCases) { name, predictions, method in
            Evaluation.Conformal.Sets(
                predictor: name,
                result: ConformalSets(of: predictions, method: method, error: error, seed: seed))
        }
        return .init(error: error, runs: runs, sets: sets)
    }

    /// What several methods make of each predictor of the first `runs` runs, predictor by predictor. Collective.
    private func ofPredictors<Method: Sendable, Result: Codable & Sendable>(
        runs: Int, _ kernel: KernelVotes?, by methods: [Method],
        _ measure: @escaping @Sendable (_ name: String, Predictions, Method) -> Result
    ) throws -> [Result] {
        let votes = kernel?.votes
        let threads = min(options.search.threads, options.search.memory / pass(over: pool).bytesOfMeasuring)
        return try ofFirst(runs, of: pool) { sums in
            let predictors = sums.predictors(with: votes)
            let results = Mutex([Result?](repeating: nil, count: predictors.count * methods.count))
            concurrently(over: predictors.count * methods.count, threads: threads) { places in
                for place in places {
                    let (predictor, method) = place.quotientAndRemainder(dividingBy: methods.count)
                    let result = measure(predictors[predictor].name, predictors[predictor].predictions, methods[method])
                    results.withLock { $0[place] = result }
                }
            }
            return results.withLock { $0.compactMap(\.self) }
        }
    }
}
