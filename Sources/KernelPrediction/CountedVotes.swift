import EnsembleKernel
import Ensembles
import MessagePassing

/// This rank's predictions by several votes, and their numbers of correct ones over all ranks.
struct CountedVotes {
    /// This rank's test examples, in the order of their predictions.
    let rows: [Int]
    private var predicted: [NearestVote: [Int]] = [:]
    private var correct: [NearestVote: Int] = [:]
    /// Number of labeled test examples.
    private let labeled: Int

    /// Evaluates the given votes; without the labels that they need, nothing. Collective over `world`: every rank calls
    /// it with its own parts and the same votes.
    ///
    /// - Parameter votes: Votes of at most as many neighbors as are kept.
    /// - Throws: `MPIError`.
    init(
        _ votes: Set<NearestVote>, of parts: [NeighborLists.OfExamples], ensemble: Ensemble, classes: Int,
        world: Communicator
    ) throws {
        rows = parts.flatMap { Array($0.rows) }
        labeled = ensemble.testLabels?.labeledCount ?? 0
        guard let trainLabels = ensemble.trainLabels else { return }
        for (vote, some) in Dictionary(grouping: votes, by: \.vote) {
            let ks = some.map(\.k).sorted()
            for part in parts {
                let ofPart = part.lists.predictions(vote, ks: ks, trainLabels: trainLabels, classes: classes)
                for (k, predictions) in zip(ks, ofPart) {
                    predicted[NearestVote(vote, k: k), default: []] += predictions
                }
            }
        }
        guard let testLabels = ensemble.testLabels else { return }
        let truth = rows.map { testLabels[$0] }
        // The same order on every rank.
        let order = votes.sorted {
            ($0.vote.shortName, $0.vote.power ?? -1, $0.k) < ($1.vote.shortName, $1.vote.power ?? -1, $1.k)
        }
        let own = order.map { vote in (predicted[vote] ?? []).correct(for: truth) }
        correct = Dictionary(uniqueKeysWithValues: zip(order, try world.allreduce(own, .sum)))
    }

    /// The predictions of a vote for this rank's test examples, in their order, -1 where nobody voted; empty without
    /// labels of the training examples.
    func predictions(_ vote: NearestVote) -> [Int] { predicted[vote] ?? [] }

    /// The fraction of all labeled test examples that a vote predicts correctly; nil without labels.
    func accuracy(_ vote: NearestVote) -> Double? { correct[vote].map { Double($0) / Double(labeled) } }
}
