import ArrayFiles
import EnsembleKernel
import Ensembles
import MessagePassing
import ParallelRanges
import Testing
import TestSupport

@MainActor struct NeighborSearchTests {
    /// How a search may be done, none of which may change what it finds.
    private static let ways: [(screen: Screen, threads: Int, memory: Int)] = Screen.allCases.flatMap { screen in
        [(1, 1 << 30), (2, 1 << 30), (2, 60_000), (1, 15_000)].map { (screen, $0.0, $0.1) }
    }

    /// The result of a search in this process alone, as lists of all test examples in order.
    private func search(
        _ ensemble: Ensemble, _ transform: Transform = .logSoftmax, k: Int, scaling: LocalScaling? = nil,
        screen: Screen = .fastest, threads: Int = 1, memory: Int = 1 << 30
    ) throws -> (lists: NeighborLists, result: NeighborSearch.Result) {
        let test = try #require(ensemble.test)
        let grid = try RankGrid(ProcessGrid(runs: 1, train: 1), world: SharedSession.world())
        var fractions: [Double] = []
        let search = try NeighborSearch(
            test: test, train: #require(ensemble.train), neighbors: k, transform: transform, screen: screen,
            grid: grid, threads: threads, memory: memory)
        let result = try (scaling.map { search.scaled(by: $0) } ?? search).run { fractions.append($0) }
        #expect(fractions.last == 1 && zip(fractions, fractions.dropFirst()).allSatisfy { $0 < $1 })
        #expect(result.parts.flatMap { Array($0.rows) } == Array(0..<test.examples))
        let lists = NeighborLists(
            k: k, similarities: result.parts.flatMap(\.lists.similarities),
            indices: result.parts.flatMap(\.lists.indices))
        return (lists, result)
    }

    /// Expects the float64 definition's neighbors, and the same bits whichever way they are found.
    private func expectOracle(_ ensemble: RandomEnsemble, _ transform: Transform, k: Int) throws {
        let kernel = Oracle.kernel(of: ensemble, transform)
        let opened = try ensemble.opened(in: Scratch())
        let first = try search(opened, transform, k: k).lists
        for row in 0..<ensemble.test {
            #expect(Oracle.difference(of: first, row: row, from: kernel[row], tolerance: 1e-6) == nil)
        }
        for way in Self.ways {
            let found = try search(
                opened, transform, k: k, screen: way.screen, threads: way.threads, memory: way.memory
            ).lists
            #expect(found == first, "\(way)")
        }
    }

    @Test(arguments: Transform.allCases, [ElementType.float16, .float32, .float64])
    func `a random ensemble has the neighbors of the float64 definition`(
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
        // Blocks of eight runs and of one, which do not fill their chunks of digits.
        RandomEnsemble(runs: 21, test: 4, train: 6, classes: 129),
        RandomEnsemble(runs: 3, test: 4, train: 6, classes: 2051),
    ])
    func `small and odd ensembles have them too`(ensemble: RandomEnsemble) throws {
        try expectOracle(ensemble, .logSoftmax, k: ensemble.train)
    }

    @Test(arguments: Transform.allCases, [(21, 40), (1, 9), (30, 12)])
    func `the locally scaled kernel has the neighbors of its definition, whichever way they are found`(
        transform: Transform, size: (test: Int, train: Int)
    ) throws {
        let ensemble = RandomEnsemble(runs: 40, test: size.test, train: size.train, classes: 5, seed: 9)
        let expected = Oracle.locallyScaled(ensemble, transform, nearest: 4)
        let opened = try ensemble.opened(in: Scratch())
        var options = SearchOptions()
        options.transform = transform
        func graph(_ pairs: ExamplePairs, k: Int, scaling: Int? = nil) throws -> NeighborGraph {
            try NeighborGraph(
                of: opened, pairs: pairs, k: k, scaling: scaling, options: options, world: SharedSession.world(),
                progress: { _ in })
        }
        for (pairs, scaled) in [(ExamplePairs.testTrain, expected.testTrain), (.trainTrain, expected.trainTrain)] {
            let found = try #require(try graph(pairs, k: 8, scaling: 4).parts.first?.lists)
            for row in scaled.indices {
                #expect(Oracle.difference(of: found, row: row, from: scaled[row], tolerance: 2e-6) == nil)
            }
            guard pairs == .testTrain else { continue }
            let world = try SharedSession.world()
            let scaling = try LocalScaling(
                ofNearest: 4, rows: graph(.testTrain, k: 6).parts, columns: graph(.trainTrain, k: 4).parts, world: world
            )
            for way in Self.ways {
                let lists = try search(
                    opened, transform, k: 8, scaling: scaling, screen: way.screen, threads: way.threads,
                    memory: way.memory
                ).lists
                #expect(lists == found, "\(way)")
            }
        }
    }

    /// The memory of a search among 400 examples of 60 runs and 5 classes for 9 neighbors.
    enum Memory: CaseIterable {
        case plenty
        /// For half a square, in many parts.
        case ofHalf
        /// For some rows at once.
        case ofRows

        func bytes(_ screen: Screen) -> Int {
            switch self {
            case .plenty: 1 << 30
            // Of each row, the list of candidates and the codes; and some products.
            case .ofHalf: 2 * (400 * (2944 + 300 * (screen == .int8 ? 1 : 4)) + 20_000)
            case .ofRows: 100_000
            }
        }

        /// The most pairs that are compared, of those of the square.
        var share: Double {
            switch self {
            case .plenty: 0.65
            case .ofHalf: 0.6
            case .ofRows: 1
            }
        }
    }

    @Test(arguments: Screen.allCases, Memory.allCases)
    func `examples have the neighbors of the definition among themselves, at half the products`(
        screen: Screen, memory: Memory
    ) throws {
        var ensemble = RandomEnsemble(runs: 60, test: 400, train: 400, classes: 5, seed: 11)
        ensemble.logits = ensemble.trainLogits
        let kernel = Oracle.kernel(of: ensemble, .logSoftmax)
        let train = try #require(ensemble.opened(in: Scratch()).train)
        let grid = try RankGrid(ProcessGrid(runs: 1, train: 1), world: SharedSession.world())
        func lists(_ memory: Int, _ threads: Int) throws -> (NeighborLists, Int) {
            let found = try NeighborSearch(
                test: train, train: train, neighbors: 9, leavesOutSelf: true, transform: .logSoftmax, screen: screen,
                grid: grid, threads: threads, memory: memory
            ).run { _ in }
            return (
                NeighborLists(
                    k: 9, similarities: found.parts.flatMap(\.lists.similarities),
                    indices: found.parts.flatMap(\.lists.indices)), found.counters.comparedPairs
            )
        }
        let (found, pairs) = try lists(memory.bytes(screen), 2)
        #expect(Double(pairs) <= memory.share * 400 * 400)
        #expect(try lists(1 << 30, 1).0 == found)
        for row in 0..<400 {
            var others = kernel[row]
            others[row] = -.infinity
            #expect(Oracle.difference(of: found, row: row, from: others, tolerance: 1e-6) == nil)
        }
    }

    @Test func `the least memory is enough`() throws {
        let ensemble = try RandomEnsemble(runs: 9, test: 5, train: 7, classes: 3).opened(in: Scratch())
        let expected = try search(ensemble, k: 3).lists
        for screen in Screen.allCases {
            #expect(try search(ensemble, k: 3, screen: screen, threads: 2, memory: 1).lists == expected)
        }
    }

    @Test(arguments: Transform.allCases)
    func `the logit of a binary classifier is that of the second of two classes`(transform: Transform) throws {
        let binary = RandomEnsemble(runs: 8, test: 6, train: 7, classes: 1)
        var both = RandomEnsemble(runs: 8, test: 6, train: 7, classes: 2)
        both.logits = binary.logits.flatMap { [0, $0] }
        both.trainLogits = binary.trainLogits.flatMap { [0, $0] }
        try expectOracle(both, transform, k: 7)
        #expect(
            try search(binary.opened(in: Scratch(), labels: false), transform, k: 7).lists
                == search(both.opened(in: Scratch()), transform, k: 7).lists)
    }

    @Test(arguments: Transform.allCases)
    func `a class that is -infinity in all runs counts as constant`(transform: Transform) throws {
        var masked = RandomEnsemble(runs: 9, test: 40, train: 50, classes: 4)
        // The last class of all test examples, and another of some training examples.
        func mask(_ logits: inout [Double], _ examples: Int, _ isMasked: (Int, Int) -> Bool) {
            for place in logits.indices where isMasked(place / 4 % examples, place % 4) { logits[place] = -.infinity }
        }
        mask(&masked.logits, 40) { $1 == 3 }
        mask(&masked.trainLogits, 50) { $0 % 3 == 0 && $1 == $0 % 4 }
        let expected = Oracle.kernel(of: masked, transform)
        for screen in Screen.allCases {
            let found = try search(masked.opened(in: Scratch()), transform, k: 50, screen: screen, threads: 2)
            for (row, similarities) in expected.enumerated() {
                for place in row * 50..<(row + 1) * 50 {
                    let similarity = similarities[Int(found.lists.indices[place])]
                    #expect(abs(Double(found.lists.similarities[place]) - similarity) < 1e-6)
                }
            }
        }
    }

    @Test func `an example is its own nearest neighbor, at (R - 1) / R`() throws {
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
            // A whole test example, and one class of another training example.
            for c in 0..<4 { ensemble.logits[(run * 7 + 3) * 4 + c] = Double(c) }
            ensemble.trainLogits[(run * 9 + 5) * 4 + 2] = 0.5
        }
        try expectOracle(ensemble, .raw, k: 9)
        let found = try search(ensemble.opened(in: Scratch()), .raw, k: 9)
        #expect(found.result.zeroVariance.test == ZeroVariance(outputs: 4, examples: 1))
        #expect(found.result.zeroVariance.train == ZeroVariance(outputs: 1, examples: 1))
    }

    /// Ensembles in which a screen sees little, or must not trust what it sees.
    private static let hard: [(name: String, ensemble: RandomEnsemble)] = {
        let plain = RandomEnsemble(runs: 24, test: 9, train: 60, classes: 4, seed: 5)
        func changed(_ change: (inout RandomEnsemble) -> Void) -> RandomEnsemble {
            var ensemble = plain
            change(&ensemble)
            return ensemble
        }
        let size = 60 * 4
        return [
            (
                "exact duplicates",
                changed {
                    for i in $0.trainLogits.indices { $0.trainLogits[i] = $0.trainLogits[i / size * size + i % 12] }
                }
            ),
            (
                "all columns equal",
                changed {
                    for i in $0.trainLogits.indices { $0.trainLogits[i] = $0.trainLogits[i / size * size + i % 4] }
                }
            ),
            (
                "hugely confident",
                changed {
                    for i in $0.trainLogits.indices { $0.trainLogits[i] = Double(Float($0.trainLogits[i] * 60)) }
                }
            ),
            (
                "a single spike",
                changed {
                    for i in $0.trainLogits.indices { $0.trainLogits[i] = i == 7 * size + 20 ? 9 : Double(i % 4) }
                }
            ),
            (
                "outliers that spoil the steps",
                changed { for r in 0..<60 { $0.trainLogits[(r % 24) * size + r * 4 + r % 4] = 3e4 } }
            ),
            (
                "two values only",
                changed { for i in $0.trainLogits.indices { $0.trainLogits[i] = $0.trainLogits[i] > 0 ? 1 : -1 } }
            ),
            (
                "two kinds of runs, one after the other",
                changed {
                    // What 16 runs are turned into is then hardly more than their mean.
                    for i in $0.trainLogits.indices where i / size >= 16 { $0.trainLogits[i] += Double(i % 7) * 50 }
                    for i in $0.logits.indices where i / 36 >= 16 { $0.logits[i] += Double(i % 5) * 50 }
                }
            ),
            ("two runs", RandomEnsemble(runs: 2, test: 9, train: 60, classes: 2, seed: 6)),
        ]
    }()

    @Test(arguments: 0..<8) func `hard ensembles have the definition's neighbors, found in any way`(number: Int) throws
    {
        let ensemble = Self.hard[number].ensemble
        for k in [1, 7, 60] {
            let opened = try ensemble.opened(in: Scratch())
            let first = try search(opened, k: k).lists
            for way in Self.ways {
                let found = try search(
                    opened, k: k, screen: way.screen, threads: way.threads, memory: way.memory
                ).lists
                #expect(found == first, "\(Self.hard[number].name): \(way)")
            }
            let kernel = Oracle.kernel(of: ensemble, .logSoftmax)
            for row in 0..<ensemble.test {
                #expect(
                    Oracle.difference(of: first, row: row, from: kernel[row], tolerance: 1e-6) == nil,
                    "\(Self.hard[number].name)")
            }
        }
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>) func `random ensembles of random shapes have them`(seed: UInt64)
        throws
    {
        var numbers = SeededNumbers(seed: seed)
        let ensemble = RandomEnsemble(
            runs: Int.random(in: 2...40, using: &numbers), test: Int.random(in: 1...12, using: &numbers),
            train: Int.random(in: 1...150, using: &numbers), classes: Int.random(in: 2...13, using: &numbers),
            seed: seed)
        let k = Int.random(in: 1...ensemble.train, using: &numbers)
        let kernel = Oracle.kernel(of: ensemble, .logSoftmax)
        let opened = try ensemble.opened(in: Scratch())
        let found = try Screen.allCases.map { try search(opened, k: k, screen: $0, memory: 30_000).lists }
        #expect(found.allSatisfy { $0 == found[0] })
        for row in 0..<ensemble.test {
            #expect(Oracle.difference(of: found[0], row: row, from: kernel[row], tolerance: 1e-6) == nil)
        }
    }

    @Test func `of many that are nearly the same high limbs leave few`() throws {
        var ensemble = RandomEnsemble(runs: 40, test: 300, train: 160, classes: 5)
        // Eighty of each, that differ less than bytes can tell, whichever codes a processor allows.
        for run in 0..<40 {
            for j in 0..<160 {
                for c in 0..<5 {
                    let original = ensemble.trainLogits[(run * 160 + j % 2) * 5 + c]
                    let own = ensemble.trainLogits[(run * 160 + j) * 5 + c]
                    ensemble.trainLogits[(run * 160 + j) * 5 + c] = original + (j < 2 ? 0 : 0.01 * own)
                }
            }
        }
        let opened = try ensemble.opened(in: Scratch())
        let found = try search(opened, k: 10, screen: .int8)
        #expect(
            found.result.counters.narrowedPairs > 0
                && found.result.counters.refinedPairs < found.result.counters.narrowedPairs)
        #expect(try found.lists == search(opened, k: 10, screen: .float32).lists)
        let kernel = Oracle.kernel(of: ensemble, .logSoftmax)
        for row in 0..<300 {
            #expect(Oracle.difference(of: found.lists, row: row, from: kernel[row], tolerance: 1e-6) == nil)
        }
    }

    @Test(arguments: Screen.allCases) func `a screen leaves few pairs of many`(screen: Screen) throws {
        let found = try search(Ensemble(opening: [Fixtures.fashion]), k: 3, screen: screen)
        let perTest = Double(found.result.counters.refinedPairs) / 500
        // Of 2,000; the fewest possible are 3.
        #expect(perTest >= 3 && perTest < (screen == .int8 ? 40 : 3.5))
    }

    @Test(arguments: [1 << 30, 300_000], Screen.allCases)
    func `64 real runs have the neighbors of the float64 reference`(memory: Int, screen: Screen) throws {
        let tensors = try ArrayFile.open("\(Fixtures.fashion)/expected-neighbors.npz")
        let expected = try #require(tensors.first { $0.name == "similarities" }).withContiguousBytes {
            Array($0.bindMemory(to: Double.self))
        }
        let indices = try #require(tensors.first { $0.name == "neighbors" }).integers()
        let lists = try search(
            Ensemble(opening: [Fixtures.fashion]), k: 101, screen: screen, threads: 2, memory: memory
        ).lists
        // Every one of 50,500, not only those with a gap to the next.
        #expect(lists.indices == indices.map { Int64($0) })
        #expect(zip(lists.similarities, expected).allSatisfy { abs(Double($0) - $1) < 1e-7 })
    }
}
