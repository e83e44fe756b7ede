import MessagePassing

/// Votes that are tried side by side on the same neighbours: each of some numbers of neighbours, by majority and weighted
/// by several powers of the similarity.
package struct VoteGrid: Sendable {
    /// Numbers of neighbours, ascending.
    package let ks: [Int]
    /// Powers of the similarity; nil is the majority, and comes first.
    package let powers: [Double?] = [nil, 1, 2, 4, 8, 16]

    private static let usualKs = [1, 3, 5, 7, 9, 11, 15, 20, 25, 35, 51, 75, 101]

    /// The usual numbers, as far as `most` neighbours are kept, and that.
    package init(most: Int) {
        ks = Self.usualKs.filter { $0 < most } + [min(most, Self.usualKs[Self.usualKs.count - 1])]
    }

    /// Fractions of `rows` examples that each vote predicts right, shape (powers, ks). Collective over `world`: every rank
    /// calls it with its own parts, and gets the same.
    ///
    /// - Parameters:
    ///   - labels: of the examples of the parts.
    ///   - trainLabels: of their neighbours, each in 0..<classes.
    package func accuracies(
        of parts: [NeighbourLists.Part], rows: Int, labels: [Int], trainLabels: [Int],
        classes: Int, world: Communicator
    ) throws -> [[Double]] {
        let hits = powers.flatMap { power in
            var ofVote = [Int](repeating: 0, count: ks.count)
            for part in parts {
                let predicted = part.lists.predictions(
                    Vote(power: power), ks: ks, trainLabels: trainLabels, classes: classes)
                for (place, predictions) in predicted.enumerated() {
                    ofVote[place] += zip(predictions, labels[part.rows]).count { $0 == $1 }
                }
            }
            return ofVote
        }
        let total = try world.allreduce(hits, .sum)
        return powers.indices.map { row in
            ks.indices.map { Double(total[row * ks.count + $0]) / Double(rows) }
        }
    }
}

extension Vote {
    /// The vote weighted by a power of the similarity, or by majority where there is none.
    init(power: Double?) { self = power.map { .weighted(power: $0) } ?? .majority }
}
