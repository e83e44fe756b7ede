import MessagePassing

/// How well each vote predicts the train examples from their neighbours other than themselves: what chooses a vote without
/// a look at test labels.
public struct LeaveOneOut: Codable, Equatable, Sendable {
    /// A vote of the k nearest and its accuracy.
    public struct Candidate: Codable, Equatable, Sendable {
        /// Neighbours that vote.
        public var k: Int
        /// Power of the similarity that weighs them; absent where each has one vote.
        public var power: Double?
        /// Fraction of the train examples that it predicts right.
        public var accuracy: Double

        /// The vote.
        public var vote: Vote { power.map { .weighted(power: $0) } ?? .majority }
    }

    /// Every vote that was tried.
    public let candidates: [Candidate]
    /// The best; of equally good ones the first.
    public let chosen: Candidate

    /// Neighbours, and powers of their similarity, that are tried.
    private static let ks = [1, 3, 5, 7, 9, 11, 15, 20, 25, 35, 51, 75, 101]
    private static let powers: [Double] = [1, 2, 4, 8, 16]

    /// Tries all votes. Collective over `world`: every rank calls it with its share of the graph, and gets the same.
    ///
    /// - Parameters:
    ///   - graph: neighbours of the train examples among themselves.
    ///   - labels: of the train examples, each in 0..<classes.
    public init(of graph: NeighbourGraph, labels: [Int], classes: Int, world: Communicator) throws {
        let ks = Self.ks.filter { $0 < graph.k } + [min(graph.k, Self.ks[Self.ks.count - 1])]
        let powers: [Double?] = [nil] + Self.powers
        var hits: [Int] = []
        for power in powers {
            let vote = power.map { Vote.weighted(power: $0) } ?? .majority
            var ofVote = [Int](repeating: 0, count: ks.count)
            for part in graph.parts {
                let predicted = part.lists.predictions(vote, ks: ks, trainLabels: labels, classes: classes)
                for (place, labelsOfK) in predicted.enumerated() {
                    ofVote[place] += zip(labelsOfK, labels[part.rows]).count { $0 == $1 }
                }
            }
            hits += ofVote
        }
        let total = try world.allreduce(hits, .sum)
        candidates = powers.enumerated().flatMap { row, power in
            ks.enumerated().map { column, k in
                Candidate(
                    k: k, power: power, accuracy: Double(total[row * ks.count + column]) / Double(graph.shape[0]))
            }
        }
        chosen = candidates.reduce(candidates[0]) { $1.accuracy > $0.accuracy ? $1 : $0 }
    }
}
