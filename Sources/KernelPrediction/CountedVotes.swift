import EnsembleKernel
import EnsembleMetrics
import Ensembles
import MessagePassing

/// This rank's predictions by several votes, and their numbers of correct ones over all ranks.
struct CountedVotes {
    /// This rank's test examples, in the order of their predictions.
    let rows: [Int]
    private var predicted: [NearestVote: [Int]] = [:]
    private var accuracies: [NearestVote: Double] = [:]
    private var differences: [NearestVote: PairedDifference] = [:]

    /// Evaluates the given votes; without the labels that they need, nothing. Collective over `world`: every rank calls
    /// it with its own parts and the same votes.
    ///
    /// - Parameters:
    ///   - votes: Votes of at most as many neighbors as are kept.
    ///   - others: Predictions for all test examples, to which the votes are compared.
    /// - Throws: `MPIError`.
    init(
        _ votes: Set<NearestVote>, of parts: [NeighborLists.OfExamples], ensemble: Ensemble, classes: Int,
        ties: TieRule,
        comparedTo others: [Int], world: Communicator
    ) throws {
        rows = parts.flatMap { Array($0.rows) }
        guard let trainLabels = ensemble.trainLabels else { return }
        for (vote, some) in Dictionary(grouping: votes, by: \.vote) {
            let ks = some.map(\.k).sorted()
            for part in parts {
                let ofPart = part.lists.predictions(
                    vote, ks: ks, trainLabels: trainLabels, classes: classes, ties: ties)
                for (k, predictions) in zip(ks, ofPart) {
                    predicted[NearestVote(vote, k: k), default: []] += predictions
                }
            }
        }
        guard let testLabels = ensemble.testLabels else { return }
        // The same order on every rank.
        let order = votes.sorted {
            ($0.vote.shortName, $0.vote.power ?? -1, $0.k) < ($1.vote.shortName, $1.vote.power ?? -1, $1.k)
        }
        let own = order.map { vote in
            CorrectPairs(predicted[vote] ?? [], rows: rows, comparedTo: others, labels: testLabels)
        }
        for (vote, pairs) in zip(order, try CorrectPairs.sums(of: own, over: world)) {
            accuracies[vote] = pairs.accuracy
            differences[vote] = pairs.difference
        }
    }

    /// The predictions of a vote for this rank's test examples, in their order, -1 where nobody voted; empty without
    /// labels of the training examples.
    func predictions(_ vote: NearestVote) -> [Int] { predicted[vote] ?? [] }

    /// The fraction of all labeled test examples that a vote predicts correctly; nil without labels.
    func accuracy(_ vote: NearestVote) -> Double? { accuracies[vote] }

    /// This accuracy less that of the predictions to which votes are compared; nil without labels.
    func difference(_ vote: NearestVote) -> PairedDifference? { differences[vote] }
}
