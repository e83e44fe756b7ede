import EnsembleKernel
import Ensembles
import MessagePassing

/// Votes that are tried on the same neighbors: every rule with each of several numbers of neighbors.
package struct VoteGrid: Sendable {
    /// Numbers of neighbors, ascending.
    package let ks: [Int]
    /// The rules, the majority first.
    package static let votes: [Vote] = [.majority] + [1, 2, 4, 8, 16].map { .weighted(power: $0) }

    private static let usualKs = [1, 3, 5, 7, 9, 11, 15, 20, 25, 35, 51, 75, 101]

    /// The usual numbers of neighbors below `most`, followed by `most` itself, at most the largest usual number.
    package init(most: Int) {
        let largest = min(most, Self.usualKs[Self.usualKs.count - 1])
        ks = Self.usualKs.filter { $0 < largest } + [largest]
    }

    /// The grid of the given numbers of neighbors, ascending.
    package init(ks: [Int]) { self.ks = ks }

    /// The vote in the grid with the same rule and the same number of neighbors or the next smaller one.
    package func tried(_ vote: NearestVote) -> NearestVote {
        NearestVote(vote.vote, k: ks.last { $0 <= vote.k } ?? ks[0])
    }

    /// Fractions of the labeled examples that each vote predicts correctly, shape (votes, ks). Collective over `world`:
    /// every rank calls it with its own parts, and all get the same result.
    ///
    /// - Parameters:
    ///   - labels: Labels of the examples of the parts of all ranks; at least one is labeled.
    ///   - trainLabels: Labels of their neighbors, each in 0..<classes, or negative for unlabeled ones.
    ///   - ties: The class that wins a tied majority vote.
    /// - Throws: `MPIError`.
    package func accuracies(
        of parts: [NeighborLists.OfExamples], labels: [Int], trainLabels: [Int], classes: Int,
        ties: TieRule = .smallest, world: Communicator
    ) throws -> [[Double]] {
        try accuracies(
            of: Self.votes, parts, labels: labels, trainLabels: trainLabels, classes: classes, ties: ties, world: world)
    }

    /// The same for some votes.
    package func accuracies(
        of votes: [Vote], _ parts: [NeighborLists.OfExamples], labels: [Int], trainLabels: [Int], classes: Int,
        ties: TieRule = .smallest, world: Communicator
    ) throws -> [[Double]] {
        let correct = votes.flatMap { vote in
            var ofVote = [Int](repeating: 0, count: ks.count)
            for part in parts {
                let predicted = part.lists.predictions(
                    vote, ks: ks, trainLabels: trainLabels, classes: classes, ties: ties)
                for (place, predictions) in predicted.enumerated() {
                    ofVote[place] += predictions.correct(for: labels[part.rows])
                }
            }
            return ofVote
        }
        let total = try world.allreduce(correct, .sum)
        let labeled = Double(labels.labeledCount)
        return votes.indices.map { row in
            ks.indices.map { Double(total[row * ks.count + $0]) / labeled }
        }
    }
}
