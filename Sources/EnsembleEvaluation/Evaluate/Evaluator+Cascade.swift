import EnsembleMetrics
import Ensembles

extension Evaluator {
    /// Checks the cascade that is asked for.
    ///
    /// - Throws: ``EvaluationError`` (64) if the pool has too few runs, or no such score.
    func checkCascade() throws {
        guard let cascade = options.cascade else { return }
        let (least, most) = (cascade.stages[0].runs, cascade.stages[cascade.stages.count - 1].runs)
        guard 2...max(2, pool.logits.runs) ~= most, pool.logits.runs > 1 else {
            throw EvaluationError.cascadeOutOfRange(most, available: pool.logits.runs, pool: pool.name)
        }
        guard CertaintyScore.measured(of: pool.logits, runs: 2).contains(cascade.score) else {
            throw EvaluationError.cascadeScoreNotMeasured(score: cascade.score.option, pool: pool.name)
        }
        guard CertaintyScore.measured(of: pool.logits, runs: least).contains(cascade.score) else {
            throw EvaluationError.cascadeScoreOfOneRun(score: cascade.score.option)
        }
    }

    /// The cascade of ensembles of growing size, each of which has the runs of the one before it; nil if none is
    /// requested. Collective.
    func cascade() throws -> Evaluation.Cascade? {
        guard let cascade = options.cascade else { return nil }
        let members = cascade.stages.map { sampler(of: pool).subsets(size: $0.runs, count: 1)[0] }
        func values(of logits: Logits, stage: Int) throws -> (scores: CertaintyScores, values: [Double]) {
            let found = try scores(of: logits, runs: RangeSet(members[stage].map { $0..<$0 + 1 }))
            return (found, found.scores.first { $0.score == cascade.score }!.values)
        }
        let stages = try cascade.stages.enumerated().map { place, stage in
            let own = try values(of: pool.logits, stage: place)
            return WindowCascade.Stage(
                predictions: zip(ofLabeled(own.values), isCorrect(own.scores)).map {
                    ScoredPrediction(confidence: $0, isCorrect: $1)
                },
                outliers: try outliers.map { try values(of: $0.logits, stage: place).values }, cost: stage.cost)
        }
        return .init(
            runs: members[members.count - 1].count, members: members[members.count - 1], first: members[0][0],
            score: cascade.score,
            stages: zip(cascade.stages, members).map { .init(runs: $0.runs, members: $1, cost: $0.cost) },
            result: WindowCascade(
                stages: stages, target: cascade.target, bounds: cascade.score.bounds, seed: options.seed))
    }
}
