import EnsembleMetrics
import Foundation
import Testing
import TestSupport

struct UrnVoteTests {
    /// What Fixtures/make_urn.py counted, in fractions.
    private struct Case: Decodable {
        let votes: [Int]
        /// Of 1, 2, ... R runs.
        let agreement: [Double]
    }

    private static let cases: [Case] = {
        do {
            return try JSONDecoder().decode([Case].self, from: Data(contentsOf: URL(fileURLWithPath: Fixtures.urn)))
        } catch {
            fatalError("\(error)")
        }
    }()

    private func urn(_ votes: [Int]) -> UrnVote {
        UrnVote(votes: votes, logFactorials: UrnVote.logFactorials(upTo: votes.reduce(0, +)))
    }

    @Test func `the vote of some runs is that of all as often as counting says`() {
        for expected in Self.cases {
            let urn = urn(expected.votes)
            for (place, agreement) in expected.agreement.enumerated() {
                #expect(abs(urn.agreement(of: place + 1) - agreement) < 1e-9, "\(expected.votes), \(place + 1) runs")
            }
            #expect(expected.votes[urn.winner] == urn.votesOfWinner && urn.votesOfWinner == expected.votes.max())
        }
    }

    @Test(arguments: [0, 0.01, 0.1, 0.6]) func `a vote is settled from where on no size disagrees more`(error: Double) {
        for expected in Self.cases {
            let sizes = UrnVote.sizes(expected.votes.reduce(0, +))
            // But for rounding.
            let settled = sizes.last { 1 - expected.agreement[$0 - 1] > error + 1e-9 }.map { last in
                sizes.first { $0 > last }
            }
            #expect(urn(expected.votes).settled(error: error) == (settled ?? 1), "\(expected.votes)")
        }
    }

    @Test func `sizes have two digits`() {
        #expect(UrnVote.sizes(1) == [1] && UrnVote.sizes(3) == [1, 2, 3])
        #expect(UrnVote.sizes(100) == Array(1...100) && UrnVote.sizes(101) == Array(1...101))
        #expect(UrnVote.sizes(1250).suffix(4) == [1000, 1100, 1200, 1250])
        #expect(UrnVote.sizes(1250)[100...101] == [110, 120] && UrnVote.sizes(20_000).count == 290)
    }

    @Test func `votes of many runs are counted, too`() {
        let urn = urn([10_300, 9_700])
        #expect(urn.agreement(of: 20_000) == 1 && abs(urn.agreement(of: 1) - 0.515) < 1e-9)
        // About 1,500 runs, by the normal approximation: 0.03 sqrt(n / (1 - n / R)) = 1.2816.
        let settled = urn.settled(error: 0.1)
        #expect(1500...1900 ~= settled, "\(settled)")
        // Classes are different in name only.
        #expect(self.urn([3, 5, 0, 2]).pattern == self.urn([0, 3, 5, 2]).pattern)
        #expect(self.urn([3, 5, 3]).pattern != self.urn([5, 3, 3]).pattern)
    }
}
