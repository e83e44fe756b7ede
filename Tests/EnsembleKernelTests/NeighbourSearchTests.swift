import ArrayFiles
import EnsembleKernel
import MessagePassing
import SharedSession
import Testing

@MainActor struct NeighbourSearchTests {
    /// The result of a search in this process alone, as lists of all test examples in order.
    private func search(
        _ ensemble: Ensemble, _ transform: Transform = .logSoftmax, k: Int, threads: Int = 1, memory: Int = 1 << 30
    ) throws -> (lists: NeighbourLists, result: NeighbourSearch.Result) {
        let test = try #require(ensemble.test)
        let grid = try RankGrid(ProcessGrid(runs: 1, train: 1), world: SharedSession.world())
        var fractions: [Double] = []
        let result = try NeighbourSearch(
            test: test, train: #require(ensemble.train), transform: transform, neighbours: k, grid: grid,
            threads: threads, memory: memory
        ).run { fractions.append($0) }
        #expect(fractions.last == 1 && zip(fractions, fractions.dropFirst()).allSatisfy { $0 < $1 })
        #expect(result.parts.flatMap { Array($0.rows) } == Array(0..<test.examples))

        var lists = NeighbourLists(rows: test.examples, k: k)
        for part in result.parts {
            for (row, example) in part.rows.enumerated() {
                let list = row * k..<(row + 1) * k
                lists.offer(part.lists.similarities[list], part.lists.indices[list], to: example)
            }
        }
        return (lists, result)
    }

    private func expectOracle(_ ensemble: RandomEnsemble, _ transform: Transform, k: Int) throws {
        let kernel = Oracle.kernel(of: ensemble, transform)
        let opened = try ensemble.opened(in: Scratch())
        for (threads, memory) in [(1, 1 << 30), (2, 1 << 30), (1, 1), (2, 6000), (2, 20_000)] {
            let found = try search(opened, transform, k: k, threads: threads, memory: memory).lists
            for row in 0..<ensemble.test {
                #expect(Oracle.difference(of: found, row: row, from: kernel[row]) == nil, "memory \(memory)")
            }
        }
    }

    @Test(arguments: Transform.allCases, [ElementType.float16, .float32, .float64])
    func `a random ensemble has the neighbours of the float64 definition`(
        transform: Transform, elementType: ElementType
    ) throws {
        let ensemble = RandomEnsemble(runs: 70, test: 21, train: 40, classes: 10, elementType: elementType, seed: 3)
        try expectOracle(ensemble, transform, k: 12)
    }

    @Test(arguments: [
        RandomEnsemble(runs: 2, test: 5, train: 9, classes: 3),
        RandomEnsemble(runs: 9, test: 1, train: 9, classes: 3),
        RandomEnsemble(runs: 9, test: 5, train: 1, classes: 3),
        RandomEnsemble(runs: 2, test: 1, train: 1, classes: 2),
        RandomEnsemble(runs: 3, test: 4, train: 6, classes: 500),
    ])
    func `small and odd ensembles have them too`(ensemble: RandomEnsemble) throws {
        try expectOracle(ensemble, .logSoftmax, k: ensemble.train)
    }

    @Test func `one class alone has a kernel by its raw logits, and none by its probabilities`() throws {
        let ensemble = RandomEnsemble(runs: 8, test: 6, train: 7, classes: 1)
        try expectOracle(ensemble, .raw, k: 7)
        let found = try search(ensemble.opened(in: Scratch()), .logSoftmax, k: 3)
        #expect(found.result.zeroVarianceTest == 6 && found.result.zeroVarianceTrain == 7)
        // All similarities are 0, so that the first train examples are the nearest.
        #expect(found.lists.similarities.allSatisfy { $0 == 0 })
        for row in 0..<6 { #expect(found.lists.indices[row * 3..<row * 3 + 3] == [0, 1, 2]) }
    }

    @Test func `an example is its own nearest neighbour, at (R - 1) / R`() throws {
        var ensemble = RandomEnsemble(runs: 30, test: 20, train: 20, classes: 5)
        ensemble.trainLogits = ensemble.logits
        let lists = try search(ensemble.opened(in: Scratch()), k: 2).lists
        for row in 0..<20 {
            #expect(lists.indices[row * 2] == Int64(row))
            #expect(abs(lists.similarities[row * 2] - 29.0 / 30) < 1e-6)
        }
    }

    @Test func `what is constant over the runs adds nothing and is counted`() throws {
        var ensemble = RandomEnsemble(runs: 12, test: 7, train: 9, classes: 4)
        for run in 0..<12 {
            // A whole test example, and one class of another train example.
            for c in 0..<4 { ensemble.logits[(run * 7 + 3) * 4 + c] = Double(c) }
            ensemble.trainLogits[(run * 9 + 5) * 4 + 2] = 0.5
        }
        try expectOracle(ensemble, .raw, k: 9)
        let found = try search(ensemble.opened(in: Scratch()), .raw, k: 9)
        #expect(found.result.zeroVarianceTest == 4 && found.result.zeroVarianceTrain == 1)
    }

    @Test(arguments: [1 << 30, 300_000])
    func `64 real runs have the neighbours of the float64 reference`(memory: Int) throws {
        let tensors = try ArrayFile.open("\(Fixtures.fashion)/expected-neighbors.npz")
        let expected = try #require(tensors.first { $0.name == "similarities" }).withContiguousBytes {
            Array($0.bindMemory(to: Double.self))
        }
        let indices = try #require(tensors.first { $0.name == "neighbors" }).integers()
        let lists = try search(Ensemble(opening: [Fixtures.fashion]), k: 101, threads: 2, memory: memory).lists
        var different = 0
        for place in expected.indices {
            #expect(abs(Double(lists.similarities[place]) - expected[place]) < 1e-5)
            let before = place % 101 > 0 ? expected[place - 1] - expected[place] : .infinity
            // The reference does not tell what stands behind its last place.
            let behind = place % 101 < 100 ? expected[place] - expected[place + 1] : 0
            if min(before, behind) > 1e-5, lists.indices[place] != Int64(indices[place]) { different += 1 }
        }
        #expect(different == 0)
    }

    @Test func `threads and memory do not change which neighbours are found`() throws {
        let ensemble = try Ensemble(opening: [Fixtures.fashion], runs: 16)
        let one = try search(ensemble, k: 5).lists
        let two = try search(ensemble, k: 5, threads: 2, memory: 200_000).lists
        #expect(zip(one.similarities, two.similarities).allSatisfy { abs($0 - $1) < 1e-5 })
        let same = zip(one.indices, two.indices).count { $0 == $1 }
        #expect(same > one.indices.count * 99 / 100)
    }
}
