/// The votes of this rank's test examples, and how many of them are right.
struct VoteCounts {
    /// Predicted labels by the majority vote at `options.k`; empty without train labels.
    var majority: [Int] = []
    /// Predicted labels by the weighted vote at `options.weightedK`; empty without train labels.
    var weighted: [Int] = []
    /// Predicted labels by the vote that was chosen; empty where none was.
    var chosen: [Int] = []
    /// Right predictions: the two headline votes, the chosen one (0 where there is none), the majority's sweep, the
    /// weighted's; empty without labels.
    var hits: [Int] = []
    /// The ks of the sweep: those of ``PredictionOptions/sweep`` for which enough neighbours are kept.
    let sweep: [Int]

    init(
        _ parts: [NeighbourLists.Part], options: PredictionOptions,
        chosen candidate: LeaveOneOut.Candidate?, ensemble: Ensemble, classes: Int
    ) {
        sweep = PredictionOptions.sweep.filter { $0 <= options.kMax }
        guard let trainLabels = ensemble.trainLabels else { return }
        let ks = Set(sweep + [options.k, options.weightedK]).sorted()
        func predictions(_ vote: Vote) -> [Int: [Int]] {
            var byK: [Int: [Int]] = [:]
            for part in parts {
                let ofPart = part.lists.predictions(vote, ks: ks, trainLabels: trainLabels, classes: classes)
                for (k, predicted) in zip(ks, ofPart) { byK[k, default: []] += predicted }
            }
            return byK
        }
        let (byMajority, byWeight) = (predictions(.majority), predictions(.weighted(power: options.power)))
        majority = byMajority[options.k] ?? []
        weighted = byWeight[options.weightedK] ?? []
        if let candidate {
            chosen = parts.flatMap {
                $0.lists.predictions(
                    candidate.vote, ks: [candidate.k], trainLabels: trainLabels, classes: classes)[0]
            }
        }
        guard let testLabels = ensemble.testLabels else { return }
        let truth = parts.flatMap { testLabels[$0.rows] }
        let all = [majority, weighted, chosen] + sweep.map { byMajority[$0] ?? [] } + sweep.map { byWeight[$0] ?? [] }
        hits = all.map { predicted in zip(predicted, truth).count { $0 == $1 } }
    }
}
