import EnsembleEvaluation
import Testing

@Suite struct SubsetSamplerTests {
    @Test func `independent runs are divided into disjoint subsets`() {
        let sampler = SubsetSampler(chains: (0..<20).map { [$0] }, seed: 3)
        let sets = sampler.subsets(size: 5, count: 4)
        #expect(sets.count == 4 && Set(sets.joined()).count == 20)
        #expect(sets.allSatisfy { $0 == $0.sorted() && $0.count == 5 })
        // What an order of the runs leaves over is not used; the next order begins.
        let more = sampler.subsets(size: 8, count: 5)
        #expect(more.count == 5 && Set(more).count == 5)
        #expect(Set(more[0]).isDisjoint(with: more[1]) && !Set(more[0]).isDisjoint(with: more[2]))
    }

    @Test func `a subset holds complete chains, and of the last one its first runs`() {
        let chains = [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
        let sampler = SubsetSampler(chains: chains, seed: 1)
        #expect(Set(sampler.subsets(size: 2, count: 10)) == [[0, 1], [4, 5], [8, 9]])
        // Two chains, the second of them cut short.
        for set in sampler.subsets(size: 6, count: 10) {
            let parts = chains.map { chain in Array(set.filter(chain.contains)) }.sorted { $0.count < $1.count }
            #expect(parts.map(\.count) == [0, 2, 4])
            #expect(chains.contains { $0.prefix(2) == parts[1][...] })
        }
        #expect(sampler.subsets(size: 12, count: 10) == [Array(0..<12)])
    }

    @Test func `chains may have different lengths`() {
        let sampler = SubsetSampler(chains: [[0], [1, 3, 5], [2, 4]], seed: 0)
        for size in 1...6 {
            let sets = sampler.subsets(size: size, count: 50)
            #expect(!sets.isEmpty && Set(sets).count == sets.count)
            for set in sets {
                #expect(set.count == size && Set(set).count == size)
                #expect(!set.contains(5) || set.contains(3) && set.contains(1))
                #expect(!set.contains(4) || set.contains(2))
            }
        }
    }

    @Test func `the first subset of each size contains the first subset of every smaller size`() {
        let sampler = SubsetSampler(chains: (0..<9).map { [$0] }, seed: 5)
        let first = (1...9).map { Set(sampler.subsets(size: $0, count: 1)[0]) }
        for (smaller, larger) in zip(first, first.dropFirst()) { #expect(smaller.isSubset(of: larger)) }
        // Another seed, other sets.
        #expect(SubsetSampler(chains: (0..<9).map { [$0] }, seed: 6).subsets(size: 4, count: 1)[0] != first[3].sorted())
    }

    @Test func `default sizes are 1, 2, 5, 10 and so on up to the whole ensemble`() {
        #expect(EvaluationOptions.usualSizes(1) == [1])
        #expect(EvaluationOptions.usualSizes(50) == [1, 2, 5, 10, 20, 50])
        #expect(EvaluationOptions.usualSizes(64) == [1, 2, 5, 10, 20, 50, 64])
        let curve = EvaluationOptions.curveSizes(64)
        #expect(curve == Array(1...20) + [25, 32, 40, 50, 63, 64])
        #expect(EvaluationOptions.curveSizes(3) == [1, 2, 3])
        #expect(EvaluationOptions.curveSizes(20_000).last == 20_000)
    }
}
