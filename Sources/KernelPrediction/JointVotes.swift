import EnsembleKernel
import Ensembles
import MessagePassing
import ParallelRanges

/// The votes of neighbors among training and test examples at once: a test example that is a neighbor passes on the
/// shares of its own vote.
///
/// The shares F (T, C) of the classes are the smallest solution of F = A + W F, where W (T, T) has the weights of
/// neighbors that are test examples and A (T, C) those of the training examples of each class; the weights of the
/// neighbors of an example that can vote add up to 1. So F[i, c] is the probability that a walk from test example i,
/// from neighbor to neighbor, meets a training example for the first time in class c. It is found from F = 0 by rounds
/// F <- A + W F, in which no share falls.
///
/// Source: Zhu, Ghahramani and Lafferty, Semi-supervised learning using Gaussian fields and harmonic functions, 2003.
package struct JointVotes {
    /// The class with the largest share of each example of this rank's even share; the smallest class wins ties. None
    /// where nobody votes: where no walk leads to a labeled training example.
    package let predictions: ComparedPredictions
    /// Number of rounds until no share of any example grew by more than ``tolerance``.
    package let rounds: Int

    /// The largest growth of a share in a round after which the shares count as found.
    private static let tolerance = 0x1p-40
    /// The most rounds, whatever the growth.
    private static let mostRounds = 10_000
    /// The most classes whose shares of all test examples a rank holds at a time, and the most shares unless those of a
    /// single class are more. They must not depend on the ranks, which have to stop after the same rounds.
    private static let (mostClasses, mostShares) = (32, 8 << 20)

    /// Lets the neighbors vote; the unlabeled ones of the training examples do not. Collective over `world`: every rank
    /// calls it; nil without labels of the training examples.
    ///
    /// - Parameters:
    ///   - share: The neighbors of this rank's even share of the test examples; test examples are numbered after the
    ///     training examples.
    ///   - others: Predictions for all test examples, to which these are compared.
    /// - Throws: `MPIError`.
    package init?(
        of share: NeighborLists.OfExamples, _ vote: Vote, ensemble: Ensemble, test: Logits, comparedTo others: [Int],
        world: Communicator
    ) throws {
        guard let trainLabels = ensemble.trainLabels else { return nil }
        let classesAtOnce = max(1, min(Self.mostClasses, Self.mostShares / test.examples))
        let counts = Partition(test.examples, world.size).counts
        let neighbors = share.lists.jointNeighbors(vote, trainLabels: trainLabels)
        var best = [(share: Double, label: Int)](repeating: (0, .unlabeled), count: share.rows.count)
        var rounds = 0
        for block in (0..<test.classes).pieces(ofAtMost: classesAtOnce) {
            let width = block.count
            let own = share.rows.lowerBound * width..<share.rows.upperBound * width
            let countsOfBlock = counts.map { $0 * width }
            var ofTrain = [Double](repeating: 0, count: own.count)
            for (row, ofRow) in neighbors.enumerated() {
                for (label, weight) in ofRow.train where block.contains(label) {
                    ofTrain[row * width + label - block.lowerBound] += weight
                }
            }
            var shares = [Double](repeating: 0, count: test.examples * width)
            var (growth, round) = (Double.infinity, 0)
            while growth > Self.tolerance, round < Self.mostRounds {
                var next = ofTrain
                for (row, ofRow) in neighbors.enumerated() {
                    for (example, weight) in ofRow.test {
                        for c in 0..<width { next[row * width + c] += weight * shares[example * width + c] }
                    }
                }
                growth = zip(next, shares[own]).reduce(0) { max($0, $1.0 - $1.1) }
                shares.replaceSubrange(own, with: next)
                try world.allgather(inPlace: shares.mutableSpan, counts: countsOfBlock)
                growth = try world.allreduce(growth, .max)
                round += 1
            }
            rounds = max(rounds, round)
            for row in best.indices {
                for (c, label) in block.enumerated() where shares[own.lowerBound + row * width + c] > best[row].share {
                    best[row] = (shares[own.lowerBound + row * width + c], label)
                }
            }
        }
        predictions = try ComparedPredictions(
            best.map(\.label), rows: Array(share.rows), comparedTo: others, labels: ensemble.testLabels, world: world)
        self.rounds = rounds
    }
}

extension NeighborLists {
    /// The neighbors of a row that vote, with weights that add up to 1: labels of training examples, and the numbers of
    /// test examples.
    fileprivate typealias JointNeighbors = (train: [(label: Int, weight: Double)], test: [(Int, weight: Double)])

    fileprivate func jointNeighbors(_ vote: Vote, trainLabels: [Int]) -> [JointNeighbors] {
        (0..<rows).map { row in
            var neighbors: JointNeighbors = ([], [])
            var total = 0.0
            for place in row * k..<(row + 1) * k {
                let (index, weight) = (Int(indices[place]), vote.weight(Double(similarities[place])))
                let label = index < trainLabels.count ? trainLabels[index] : nil
                guard vote.counts(weight), label?.isClass != false else { continue }
                total += weight
                if let label {
                    neighbors.train.append((label, weight))
                } else {
                    neighbors.test.append((index - trainLabels.count, weight))
                }
            }
            return (neighbors.train.map { ($0, $1 / total) }, neighbors.test.map { ($0, $1 / total) })
        }
    }
}
