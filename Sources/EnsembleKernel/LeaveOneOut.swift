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
        public var vote: Vote { Vote(power: power) }
    }

    /// Every vote that was tried.
    public let candidates: [Candidate]
    /// The best; of equally good ones the first.
    public let chosen: Candidate

    /// Tries all votes. Collective over `world`: every rank calls it with its share of the graph, and gets the same.
    ///
    /// - Parameters:
    ///   - graph: neighbours of the train examples among themselves.
    ///   - labels: of the train examples, each in 0..<classes.
    public init(of graph: NeighbourGraph, labels: [Int], classes: Int, world: Communicator) throws {
        let grid = VoteGrid(most: graph.k)
        let accuracies = try grid.accuracies(
            of: graph.parts, rows: graph.shape[0], labels: labels, trainLabels: labels, classes: classes, world: world)
        candidates = zip(grid.powers, accuracies).flatMap { power, ofPower in
            zip(grid.ks, ofPower).map { Candidate(k: $0, power: power, accuracy: $1) }
        }
        chosen = candidates.reduce(candidates[0]) { $1.accuracy > $0.accuracy ? $1 : $0 }
    }
}
