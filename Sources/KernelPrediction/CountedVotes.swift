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

    /// The accuracy of the majority vote; nil without labels.
    func majority(_ votes: PredictionOptions.Votes) -> Summary.Accuracy.Majority? {
        accuracy(votes.majority).map {
            .init(
                k: votes.k, accuracy: $0, less_ensemble_logits: difference(votes.majority),
                ties: votes.ties == .smallest ? nil : votes.ties)
        }
    }

    /// The accuracy of a vote whose neighbors have weights; nil without labels.
    func weighted(_ vote: NearestVote) -> Summary.Accuracy.Weighted? {
        accuracy(vote).map {
            .init(k: vote.k, power: vote.vote.power ?? 0, accuracy: $0, less_ensemble_logits: difference(vote))
        }
    }
}
