import Platform

/// The votes of all runs for one example, of which some are drawn at random without replacement: how often the class
/// with the most votes is that of all runs. Of equally many votes the smaller class wins.
///
/// Source: Soto, Suárez and Martínez-Muñoz, "An urn model for majority voting in classification ensembles", 2016.
public struct UrnVote: Sendable {
    /// Number of runs R.
    public let runs: Int
    /// The class with the most votes.
    public let winner: Int
    /// Number of its votes.
    public let votesOfWinner: Int
    /// The other classes that have votes, the most first: the number of votes, and whether the class loses to the
    /// winner if it has as many.
    private let others: [(votes: Int, losesTies: Bool)]
    private let logFactorials: [Double]

    /// The votes for each class, at least one.
    ///
    /// - Parameter logFactorials: ``logFactorials(upTo:)`` of the number of votes or more.
    public init(votes: [Int], logFactorials: [Double]) {
        let most = votes.reduce(0) { max($0, $1) }
        let winner = votes.firstIndex(of: most)!
        precondition(most > 0 && votes.reduce(0, +) < logFactorials.count)
        (runs, self.winner, votesOfWinner) = (votes.reduce(0, +), winner, most)
        others = votes.indices.filter { $0 != winner && votes[$0] > 0 }
            .sorted { (-votes[$0], $0) < (-votes[$1], $1) }.map { (votes[$0], $0 > winner) }
        self.logFactorials = logFactorials
    }

    /// The same for urns that differ in the names of their classes only.
    public var pattern: [Int] { [votesOfWinner] + others.map { 2 * $0.votes + ($0.losesTies ? 1 : 0) } }

    /// log 0!, log 1!, ... log n!.
    public static func logFactorials(upTo n: Int) -> [Double] {
        var logs = [0.0]
        for k in stride(from: 1, through: n, by: 1) { logs.append(logs[k - 1] + log(Double(k))) }
        return logs
    }

    /// The numbers of runs at which a vote may be settled: all up to 100, then 110, 120 ... 1,000, 1,100 ..., and R.
    public static func sizes(_ runs: Int) -> [Int] {
        var (sizes, size, step) = ([Int](), 1, 1)
        while size < runs {
            sizes.append(size)
            if size == 100 * step { step *= 10 }
            size += step
        }
        return sizes + [runs]
    }

    /// How far a probability may be from 1 by rounding.
    private static let rounding = 1e-9

    /// The smallest of ``sizes(_:)`` from which on the vote of as many runs is that of all with a probability of at
    /// least 1 - `error`, for each of these sizes.
    public func settled(error: Double) -> Int {
        var settled = runs
        for size in Self.sizes(runs).reversed() {
            let most = error + Self.rounding
            guard mostDisagreement(of: size) <= most || 1 - agreement(of: size) <= most else { break }
            settled = size
        }
        return settled
    }

    /// An upper bound of the probability that the vote of so many runs is another.
    private func mostDisagreement(of size: Int) -> Double {
        others.reduce(0) { $0 + mostDisagreement(with: $1.votes, of: size) }
    }

    /// An upper bound of the probability that a class with so many votes gets as many as the winner: Serfling's
    /// inequality, for differences of votes between -1 and 1.
    private func mostDisagreement(with votes: Int, of size: Int) -> Double {
        let margin = Double(votesOfWinner - votes) / Double(runs)
        return exp(-Double(size) * margin * margin / (2 * (1 - Double(size - 1) / Double(runs))))
    }

    /// Exponents below this are those of probabilities that are negligible, also if there are many.
    private static let negligible = 50.0

    /// The probability that the vote of so many runs is that of all.
    public func agreement(of size: Int) -> Double {
        guard let rival = others.first, size < runs else { return 1 }
        // Classes that hardly ever get as many votes as the winner are as one class that may have any number.
        let minors = others.dropFirst()
        let limited = minors.prefix { mostDisagreement(with: $0.votes, of: size) > exp(-Self.negligible) }
        let free = minors.dropFirst(limited.count).reduce(0) { $0 + $1.votes }
        let all = logWays(runs, size)
        let (likelyOfRival, likelyOfLimited) = (
            likely(rival.votes, of: size), likely(limited.reduce(0) { $0 + $1.votes }, of: size)
        )
        var probability = 0.0
        for count in likely(votesOfWinner, of: size) where count > 0 {
            let rest = size - count
            let ofRival = min(rival.votes, rival.losesTies ? count : count - 1)
            let ofLimited = ways(limited, atMost: count, drawn: rest)
            for drawn in likelyOfLimited where drawn < ofLimited.count {
                // The free class has the votes that are left.
                let least = max(likelyOfRival.lowerBound, rest - drawn - free)
                let most = min(likelyOfRival.upperBound, ofRival, rest - drawn)
                for other in stride(from: least, through: most, by: 1) {
                    let left = rest - drawn - other
                    probability += exp(
                        logWays(votesOfWinner, count) + ofLimited[drawn] + logWays(rival.votes, other)
                            + logWays(free, left) - all)
                }
            }
        }
        return min(1, probability)
    }

    /// The numbers of votes that are drawn of so many. By Hoeffding's inequality, others are negligible.
    private func likely(_ votes: Int, of size: Int) -> ClosedRange<Int> {
        let mean = Double(size) * Double(votes) / Double(runs)
        let reach = (Self.negligible / 2 * Double(size)).squareRoot()
        let most = min(size, votes, Int(mean + reach) + 1)
        return min(most, max(0, Int(mean - reach)))...most
    }

    private func logWays(_ n: Int, _ k: Int) -> Double { logFactorials[n] - logFactorials[k] - logFactorials[n - k] }

    /// The logarithm of the number of ways to draw 0, 1, 2 ... `drawn` votes of several classes, each of at most
    /// `count` votes, or of fewer if it does not lose ties.
    private func ways(
        _ classes: ArraySlice<(votes: Int, losesTies: Bool)>, atMost count: Int, drawn: Int
    ) -> [Double] {
        classes.reduce([0]) { before, other in
            let most = min(other.votes, other.losesTies ? count : count - 1)
            return (0...min(drawn, before.count - 1 + most)).map { total in
                let drawn = max(0, total - before.count + 1)...min(most, total)
                let terms = drawn.map { before[total - $0] + logWays(other.votes, $0) }
                let largest = terms.reduce(-.infinity) { max($0, $1) }
                return largest + log(terms.reduce(0) { $0 + exp($1 - largest) })
            }
        }
    }
}
