import EnsembleKernel
import Ensembles
import KernelPrediction
import Testing
import TestSupport

@MainActor struct JointVotesTests {
    /// Votes of training examples, usually two of classes 0 and 1, and of the neighbors of some test examples, all
    /// equally near.
    private func votes(
        _ neighbors: [[Int64]], similarity: Float = 0, trainLabels: [Int] = [0, 1]
    ) throws -> JointVotes {
        let scratch = try Scratch()
        var ensemble = RandomEnsemble(
            runs: 2, test: neighbors.count, train: trainLabels.count, classes: 2, elementType: .float32, seed: 1)
        (ensemble.labels, ensemble.trainLabels) = (neighbors.map { _ in 1 }, trainLabels)
        let opened = try ensemble.opened(in: scratch)
        let indices = neighbors.flatMap(\.self)
        let lists = NeighborLists(
            k: neighbors[0].count, similarities: indices.map { _ in similarity }, indices: indices)
        let test = try #require(opened.logits(of: .test))
        let votes = try JointVotes(
            of: (0..<neighbors.count, lists), .local(power: 4), ensemble: opened, test: test,
            comparedTo: neighbors.map { _ in 0 }, world: SharedSession.world())
        return try #require(votes)
    }

    @Test func `a test example passes on the shares of its own vote`() throws {
        // Numbers from 2 on are test examples: the first is next to class 0, the second to the first and to class 1,
        // with shares 1/2 : 1/2 of which the smaller class wins, the third to the last two, with shares 1/4 : 3/4.
        let found = try votes([[0, 0], [2, 1], [3, 1]])
        #expect(found.predictions.predictions == [0, 0, 1])
        #expect(found.predictions.accuracy == 1.0 / 3)
        #expect(found.predictions.difference?.mean == 1.0 / 3)
        // A round for each step of the longest walk, and one that changes nothing.
        #expect(found.rounds == 4)
    }

    @Test func `examples that vote for one another have the shares of whoever votes for one of them`() throws {
        let found = try votes([[3, 3], [2, 1]])
        #expect(found.predictions.predictions == [1, 1])
        #expect((30..<100).contains(found.rounds))
    }

    @Test func `where no walk leads to a labeled training example there is no prediction`() throws {
        #expect(try votes([[3, 3], [2, 2], [0, 0]]).predictions.predictions == [-1, -1, 0])
        #expect(try votes([[1, 1], [1, 2]], trainLabels: [0, -1, 1]).predictions.predictions == [-1, 1])
        #expect(try votes([[0, 1], [1, 2]], similarity: -1).predictions.predictions == [-1, -1])
    }
}
