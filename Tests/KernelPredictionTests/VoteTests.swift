import EnsembleKernel
import Ensembles
import Foundation
import KernelPrediction
import Testing
import TestSupport

struct VoteTests {
    private func winner(_ vote: Vote, _ labels: [Int], _ similarities: [Float], k: Int? = nil, classes: Int = 5) -> Int
    {
        let count = labels.count
        let lists = NeighborLists(
            k: count, similarities: Array(similarities.prefix(count)), indices: (0..<Int64(count)).map { $0 })
        return lists.predictions(vote, ks: [k ?? count], trainLabels: labels, classes: classes)[0][0]
    }

    @Test(arguments: [1, 2, 20, 101, 150])
    func `every number of neighbors is tried once, and none beyond those that are kept`(most: Int) {
        let ks = VoteGrid(most: most).ks
        #expect(ks == Set(ks).sorted() && ks[0] == 1 && ks[ks.count - 1] == min(most, 101))
    }

    @Test func `the most frequent label wins, ties to the smallest`() {
        let similarities: [Float] = [0.9, 0.8, 0.7, 0.6]
        #expect(winner(.majority, [3, 1, 1, 2], similarities) == 1)
        #expect(winner(.majority, [3, 1, 3, 1], similarities) == 1)
        #expect(winner(.majority, [4, 3, 2, 1], similarities) == 1)
        #expect(winner(.majority, [4, 0, 0, 0], similarities, k: 1) == 4)
    }

    @Test func `ties can go to the nearest`() {
        func winner(_ labels: [Int], k: Int) -> Int {
            let lists = NeighborLists(k: 5, similarities: [0.9, 0.8, 0.7, 0.6, 0.5], indices: [0, 1, 2, 3, 4])
            return lists.predictions(.majority, ks: [k], trainLabels: labels, classes: 5, ties: .nearest)[0][0]
        }
        #expect(winner([3, 1, 2, 2, 2], k: 3) == 3)
        #expect(winner([3, 1, 1, 3, 2], k: 4) == 3)
        #expect(winner([4, 3, 1, 1, 3], k: 5) == 3)
        #expect(winner([4, 0, 0, 2, 2], k: 3) == 0)
        #expect(winner([-1, 2, 1, 1, 2], k: 3) == 2)
        #expect(winner([-1, -1, 1, 1, 2], k: 2) == -1)
    }

    @Test func `similarities weigh by their power, ties to the smallest`() {
        #expect(winner(.weighted(power: 1), [2, 1, 1], [0.9, 0.5, 0.5]) == 1)
        #expect(winner(.weighted(power: 4), [2, 1, 1], [0.9, 0.5, 0.5]) == 2)
        #expect(winner(.weighted(power: 2), [4, 3], [0.5, 0.5]) == 3)
        #expect(winner(.weighted(power: 2), [4, 3, 2], [0.5, 0.5, 0.6], k: 2) == 3)
    }

    @Test func `power zero is the majority`() {
        var numbers = SeededNumbers(seed: 9)
        for _ in 0..<200 {
            let labels = (0..<7).map { _ in Int.random(in: 0..<5, using: &numbers) }
            let similarities = (0..<7).map { _ in Float.random(in: -1...1, using: &numbers) }
            #expect(winner(.weighted(power: 0), labels, similarities) == winner(.majority, labels, similarities))
        }
        #expect(winner(.weighted(power: 0), [2, 2, 1], [0, 0, 0.5]) == 2)
    }

    @Test func `negative similarities count for even, against odd and not at all for broken powers`() {
        #expect(winner(.weighted(power: 2), [3, 1], [0.5, -0.9]) == 1)
        #expect(winner(.weighted(power: 3), [3, 1, 1], [0.5, 0.6, -0.6]) == 3)
        #expect(winner(.weighted(power: 2.5), [3, 1], [0.1, -0.9]) == 3)
        // Nobody voted for 0, but all others were voted against.
        #expect(winner(.weighted(power: 1), [1, 2], [-0.1, -0.2], classes: 3) == 0)
    }

    @Test
    func `by local scaling a neighbor weighs (1 + S)^power, a far one nothing, and of far ones alone nobody votes`() {
        #expect(winner(.local(power: 1), [3, 1, 1], [0.5, -0.2, -0.2]) == 1)
        #expect(winner(.local(power: 4), [3, 1, 1], [0.5, -0.2, -0.2]) == 3)
        #expect(winner(.local(power: 1), [3, 1, 1, 1], [-0.9, -1.5, -1.5, -3]) == 3)
        #expect(winner(.local(power: 0), [3, 1, 1, 1], [-0.9, -1.5, -1.5, -3]) == 3)
        #expect(winner(.local(power: 2), [3, 1], [-1.5, -3]) == .unlabeled)
    }

    @Test(arguments: [0, 1, 2, 3, 4, 2.5]) func `votes agree with sums by label`(power: Double) {
        var numbers = SeededNumbers(seed: 10)
        let (rows, k, classes, train) = (50, 21, 6, 40)
        let labels = (0..<train).map { _ in Int.random(in: 0..<classes, using: &numbers) }
        // Quarters, whose powers are exact: sums tie, and in any order.
        let similarities = (0..<rows).flatMap { _ in
            (0..<k).map { _ in Float(Int.random(in: -4...4, using: &numbers)) / 4 }.sorted(by: >)
        }
        let indices = (0..<rows).flatMap { _ in (0..<train).shuffled(using: &numbers).prefix(k).map { Int64($0) } }
        let lists = NeighborLists(k: k, similarities: similarities, indices: indices)
        let ks = [1, 2, 5, k]
        let majorities = lists.predictions(.majority, ks: ks, trainLabels: labels, classes: classes)
        let weightedVotes = lists.predictions(.weighted(power: power), ks: ks, trainLabels: labels, classes: classes)
        for (voters, (majority, weighted)) in zip(ks, zip(majorities, weightedVotes)) {
            for row in 0..<rows {
                let places = row * k..<row * k + voters
                let voted = places.map { labels[Int(lists.indices[$0])] }
                let weights = places.map { place in
                    let similarity = Double(lists.similarities[place])
                    return similarity < 0 && power == 2.5 ? 0 : pow(similarity, power)
                }
                let ones = [Double](repeating: 1, count: voters)
                #expect(majority[row] == Oracle.vote(voted, weights: ones, classes: classes))
                #expect(weighted[row] == Oracle.vote(voted, weights: weights, classes: classes))
            }
        }
    }

    @Test func `the shares of a vote are probabilities, one neighbor of mean weight divided among all classes`() {
        // Three rows of 3 neighbors, of which two vote: of two classes, of one, and of none at all.
        let lists = NeighborLists(
            k: 3, similarities: [0.5, 0.25, 0.2, 0.5, 0.5, 0.1, 0, 0, 0], indices: [0, 1, 2, 1, 1, 2, 0, 1, 2])
        func shares(power: Double) -> [[Double]] {
            let all = lists.probabilities(
                NearestVote(.weighted(power: power), k: 2), trainLabels: [3, 0, 2], classes: 4)
            return (0..<3).map { Array(all[$0 * 4..<($0 + 1) * 4]) }
        }
        func expect(_ row: [Double], _ expected: [Double]) {
            #expect(zip(row, expected).allSatisfy { abs($0 - $1) < 1e-12 }, "\(row), not \(expected)")
        }
        // Weights 0.5 and 0.25; their mean 0.375 gives each of the four classes 0.09375; all together 1.125.
        expect(shares(power: 1)[0], [0.34375, 0.09375, 0.09375, 0.59375].map { $0 / 1.125 })
        expect(shares(power: 1)[1], [1.125, 0.125, 0.125, 0.125].map { $0 / 1.5 })
        expect(shares(power: 1)[2], [0.25, 0.25, 0.25, 0.25])
        for row in shares(power: 4) { #expect(abs(row.reduce(0, +) - 1) < 1e-12) }
    }

    @Test(arguments: [0, 1, 2, 4]) func `unlabeled neighbors vote for nobody, and alone they predict nothing`(
        power: Double
    ) throws {
        var numbers = SeededNumbers(seed: 11)
        let (rows, k, classes, train) = (80, 9, 4, 30)
        let labels = (0..<train).map { _ in
            Bool.random(using: &numbers) ? -1 : Int.random(in: 0..<classes, using: &numbers)
        }
        let similarities = (0..<rows).flatMap { _ in
            (0..<k).map { _ in Float(Int.random(in: 1...4, using: &numbers)) / 4 }.sorted(by: >)
        }
        let indices = (0..<rows).flatMap { _ in (0..<train).shuffled(using: &numbers).prefix(k).map { Int64($0) } }
        let lists = NeighborLists(k: k, similarities: similarities, indices: indices)
        let vote: Vote = power == 0 ? .majority : .weighted(power: power)
        let ks = [1, 2, 5, k]
        let votes = lists.predictions(vote, ks: ks, trainLabels: labels, classes: classes)
        var withoutVoters = 0
        for (voters, predicted) in zip(ks, votes) {
            let shares = lists.probabilities(NearestVote(vote, k: voters), trainLabels: labels, classes: classes)
            for row in 0..<rows {
                let labeled = (row * k..<row * k + voters).filter { labels[Int(lists.indices[$0])] >= 0 }
                let voted = labeled.map { labels[Int(lists.indices[$0])] }
                let weights = labeled.map { pow(Double(lists.similarities[$0]), power) }
                withoutVoters += labeled.isEmpty ? 1 : 0
                #expect(
                    predicted[row] == (labeled.isEmpty ? -1 : Oracle.vote(voted, weights: weights, classes: classes)))
                let mean = weights.reduce(0, +) / Double(max(1, labeled.count))
                for c in 0..<classes {
                    let own = zip(voted, weights).filter { $0.0 == c }.reduce(0) { $0 + $1.1 }
                    let share =
                        labeled.isEmpty
                        ? 0.25 : (own + mean / Double(classes)) / (weights.reduce(0, +) + mean)
                    #expect(abs(shares[row * classes + c] - share) < 1e-12)
                }
            }
        }
        #expect(withoutVoters > 20)
    }

    @Test func `what neighbors vote against has no weight`() {
        let lists = NeighborLists(k: 2, similarities: [0.5, -0.5], indices: [0, 1])
        let shares = lists.probabilities(
            NearestVote(.weighted(power: 1), k: 2), trainLabels: [0, 1], classes: 2)
        #expect(shares == [(0.5 + 0.125) / 0.75, 0.125 / 0.75])
    }
}
