import EnsembleKernel
import Ensembles
import Platform

/// The rule that turns the labels of the nearest neighbors into a prediction.
///
/// Unlabeled examples are among the k nearest, but vote for nobody. If none of the k is labeled, there is no
/// prediction, which counts as wrong: that of farther ones would be the vote of another k.
///
/// A new rule is a new case: its weight, its name, and its representation in files. Every command that tries votes
/// tries those of ``VoteGrid``.
public enum Vote: Hashable, Sendable {
    /// The most frequent label; of ties as the ``TieRule`` has it.
    case majority
    /// The label with the largest sum of similarity^power; the smallest label wins ties. Negative similarities have no
    /// weight if the power is not an integer. Source: KellerJordan/cifar10-zoo, kernel/eval_kernel.py.
    case weighted(power: Double)
    /// The label with the largest sum of (1 + S)^power, where S is the locally scaled kernel (``LocalScaling``), of
    /// which lists must hold the neighbors; the smallest label wins ties. Neighbors with S < -1 have no weight, and if
    /// all are, nobody votes.
    case local(power: Double)

    /// The range of powers: weights are at most 5^400, of which any number of neighbors has a finite sum.
    public static var powers: ClosedRange<Double> { 0...400 }

    /// The weight of a neighbor with the given similarity.
    func weight(_ similarity: Double) -> Double {
        switch self {
        case .majority: 1
        case .weighted(let power): similarity < 0 && power != power.rounded() ? 0 : pow(similarity, power)
        case .local(let power): similarity < -1 ? 0 : pow(1 + similarity, power)
        }
    }

    /// Whether a neighbor with such a weight takes part.
    func counts(_ weight: Double) -> Bool { if case .local = self { weight > 0 } else { true } }

    /// The vote of the k nearest in words: "3 nearest, majority".
    public func name(k: Int) -> String {
        switch self {
        case .majority: "\(k) nearest, majority"
        case .weighted(let power): "\(k) nearest, weights K^\(Self.text(power))"
        case .local(let power): "\(k) nearest, local scaling, weights (1 + S)^\(Self.text(power))"
        }
    }

    /// A short name of the vote for legends: "majority", "similarity^4", "(1 + S)^4".
    public var shortName: String {
        switch self {
        case .majority: "majority"
        case .weighted(let power): "similarity^\(Self.text(power))"
        case .local(let power): "(1 + S)^\(Self.text(power))"
        }
    }

    private static func text(_ power: Double) -> String {
        Int(exactly: power).map(String.init) ?? "\(power)"
    }

    /// The name of the predictor in tables: "kernel_majority".
    public var predictor: String {
        switch self {
        case .majority: "kernel_majority"
        case .weighted: "kernel_weighted"
        case .local: "kernel_local"
        }
    }

    /// The power of the weights; nil for the majority vote.
    public var power: Double? {
        switch self {
        case .majority: nil
        case .weighted(let power), .local(let power): power
        }
    }
}

/// In JSON a vote is the key `power` among the keys of the enclosing object, absent for the majority vote, and the key
/// `scaling` with the value `local` where the kernel is scaled.
extension Vote: Codable {
    private enum CodingKeys: String, CodingKey { case power, scaling }

    /// Decodes a vote from the enclosing object.
    ///
    /// - Throws: `DecodingError` if the power is not a number.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let power = try container.decodeIfPresent(Double.self, forKey: .power)
        let isLocal = try container.decodeIfPresent(NeighborScaling.self, forKey: .scaling) != nil
        self = power.map { isLocal ? .local(power: $0) : .weighted(power: $0) } ?? .majority
    }

    /// Encodes the vote into the enclosing object.
    ///
    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(power, forKey: .power)
        if case .local = self { try container.encode(NeighborScaling.local, forKey: .scaling) }
    }
}

/// The scalings of the kernel by which neighbors are sought.
public enum NeighborScaling: String, Codable, CaseIterable, Sendable {
    /// ``LocalScaling``.
    case local
}

/// The class that wins of several with the largest share of a vote.
public enum TieRule: String, Codable, CaseIterable, Sendable {
    /// The smallest class, as torch.mode on the CPU has it.
    case smallest
    /// The class of the nearest neighbor of any of them.
    case nearest
}

/// A vote of the k nearest neighbors, which determines a prediction once the neighbors are known.
public struct NearestVote: Hashable, Sendable {
    /// The rule of the vote.
    public var vote: Vote
    /// Number of neighbors that vote.
    public var k: Int

    /// The vote of the `k` nearest neighbors.
    public init(_ vote: Vote, k: Int) {
        self.vote = vote
        self.k = k
    }

    /// The vote in words: "3 nearest, majority".
    public var name: String { vote.name(k: k) }
}

/// In JSON a vote with its number of neighbors is the key `k` and the keys of the rule, among those of the enclosing
/// object.
extension NearestVote: Codable {
    private enum CodingKeys: String, CodingKey { case k }

    /// Decodes a vote from the enclosing object.
    ///
    /// - Throws: `DecodingError` if a key is missing.
    public init(from decoder: any Decoder) throws {
        vote = try Vote(from: decoder)
        k = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .k)
    }

    /// Encodes the vote into the enclosing object.
    ///
    /// - Throws: `EncodingError`.
    public func encode(to encoder: any Encoder) throws {
        try vote.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(k, forKey: .k)
    }
}

extension NeighborLists {
    /// Predictions from the labels of each row's nearest neighbors: for each of `ks` an array with one label per row,
    /// -1 where none of the neighbors is labeled.
    ///
    /// - Parameters:
    ///   - ks: Numbers of neighbors, ascending, each in 1...k.
    ///   - trainLabels: The label of every training example, each in 0..<classes, or negative if it is unlabeled.
    ///   - ties: The class that wins of several with the largest share.
    public func predictions(
        _ vote: Vote, ks: [Int], trainLabels: [Int], classes: Int, ties: TieRule = .smallest
    ) -> [[Int]] {
        var result = ks.map { _ in [Int](repeating: 0, count: rows) }
        guard !ks.isEmpty else { return [] }
        precondition(zip(ks, ks.dropFirst()).allSatisfy(<) && ks[0] >= 1 && ks[ks.count - 1] <= k)
        var tally = [Double](repeating: 0, count: classes)
        for row in 0..<rows {
            for c in tally.indices { tally[c] = 0 }
            var (place, hasVoter) = (0, false)
            for neighbor in 0..<ks[ks.count - 1] {
                let at = row * k + neighbor
                let label = trainLabels[Int(indices[at])]
                if label.isClass {
                    let weight = vote.weight(Double(similarities[at]))
                    tally[label] += weight
                    hasVoter = hasVoter || vote.counts(weight)
                }
                guard neighbor + 1 == ks[place] else { continue }
                var best = 0
                for c in tally.indices where tally[c] > tally[best] { best = c }
                if ties == .nearest {
                    let voters = indices[row * k...at].lazy.map { trainLabels[Int($0)] }
                    best = voters.first { $0.isClass && tally[$0] == tally[best] } ?? best
                }
                result[place][row] = hasVoter ? best : .unlabeled
                place += 1
            }
        }
        return result
    }

    /// Class probabilities by a vote, shape (rows, classes).
    ///
    /// A class has the weights of its neighbors. The weight of one additional neighbor, the mean weight of those that
    /// are labeled, is divided equally among all classes, so that a class without a vote is unlikely but not
    /// impossible.
    ///
    /// - Parameter trainLabels: The label of every training example, each in 0..<classes, or negative if it is
    ///   unlabeled.
    public func probabilities(_ vote: NearestVote, trainLabels: [Int], classes: Int) -> [Double] {
        var probabilities = [Double](repeating: 0, count: rows * classes)
        for row in 0..<rows {
            let own = row * classes..<(row + 1) * classes
            var voters = 0
            for place in row * k..<row * k + vote.k {
                let label = trainLabels[Int(indices[place])]
                guard label.isClass else { continue }
                probabilities[own.lowerBound + label] += vote.vote.weight(Double(similarities[place]))
                voters += 1
            }
            // Negative similarities to an odd power may outweigh the others.
            for c in own { probabilities[c] = max(0, probabilities[c]) }
            let total = probabilities[own].reduce(0, +)
            for c in own {
                probabilities[c] =
                    total > 0
                    ? (probabilities[c] + total / Double(voters * classes)) / (total + total / Double(voters))
                    : 1 / Double(classes)
            }
        }
        return probabilities
    }
}
