import EnsembleKernel
import ParallelRanges
import Testing

struct CostModelTests {
    private func model(
        runs: Int, test: Int, train: Int, rates: MachineRates = .typical, memory: Int = 1 << 30,
        screen: Screen = .int8
    ) -> CostModel {
        let job = JobSize(runs: runs, test: test, train: train, classes: 10, neighbors: min(train, 101))
        return CostModel(searches: [job], rates: rates, threads: 1, memory: memory, screen: screen)
    }

    private static let jobs = [(2, 1, 1), (64, 500, 2000), (20_000, 10_000, 50_000), (100_000, 10, 100)]

    @Test(arguments: [1, 2, 3, 7, 12, 64, 97, 128]) func `the grid has a place for every rank`(ranks: Int) {
        for (runs, test, train) in Self.jobs {
            #expect(model(runs: runs, test: test, train: train).cheapest(ranks: ranks).ranks == ranks)
        }
    }

    @Test(arguments: [1, 2, 16, 4096]) func `every figure is sound, and the phases make up the total`(ranks: Int) {
        for (runs, test, train) in Self.jobs {
            for screen in Screen.allCases {
                let cost = model(runs: runs, test: test, train: train, screen: screen).cheapest(ranks: ranks)
                let s = cost.seconds
                let phases = [s.read, s.standardize, s.product, s.reduce, s.select, s.refine]
                #expect(phases.allSatisfy { $0 >= 0 && $0.isFinite } && s.read > 0)
                #expect(abs(phases.reduce(0, +) - s.total) <= 1e-12 * s.total)
                #expect(cost.bytes_read > 0 && (cost.bytes_communicated > 0) == (ranks > 1))
                #expect(cost.memory_bytes > 0)
                #expect(
                    (0..<s.total).contains(cost.communication_seconds)
                        && (cost.communication_seconds > 0) == (ranks > 1))
            }
        }
    }

    @Test(arguments: [2, 4, 16]) func `many training examples are shared, not the runs`(ranks: Int) {
        let grid = model(runs: 500, test: 1000, train: 1_000_000).cheapest(ranks: ranks).grid
        #expect(grid.runs == 1 && grid.train == ranks)
    }

    @Test(arguments: [2, 4, 16]) func `many runs of few examples are shared`(ranks: Int) {
        #expect(model(runs: 1_000_000, test: 100, train: 10).cheapest(ranks: ranks).grid.runs == ranks)
    }

    @Test func `a slow network makes no grid that reduces products`() {
        var rates = MachineRates.typical
        rates.bytes = 1e6
        let grid = model(runs: 500, test: 10_000, train: 50_000, rates: rates).cheapest(ranks: 16).grid
        #expect(grid.runs == 1)
    }

    @Test func `over a network nothing is sent of the test examples that a host can have by itself`() {
        var rates = MachineRates.typical
        rates.bytes = 1e8
        func cost(ranksOfHost: Int?) -> CostModel.Cost {
            let job = JobSize(runs: 500, test: 10_000, train: 50_000, classes: 10, neighbors: 101)
            return CostModel(
                searches: [job], rates: rates, threads: 1, memory: 1 << 30, screen: .int8, ranksOfHost: ranksOfHost
            ).cost(on: .init(runs: 1, train: 16))
        }
        let (one, four, sixteen) = (cost(ranksOfHost: nil), cost(ranksOfHost: 4), cost(ranksOfHost: 1))
        #expect(four.communication_seconds < 0.5 * one.communication_seconds)
        #expect(sixteen.communication_seconds < four.communication_seconds)
        // It is read, transformed and quantized by each host, and of several ranks there by each its share.
        #expect(one.bytes_read < four.bytes_read && four.bytes_read < sixteen.bytes_read)
        let compute = [one, four, sixteen].map { $0.seconds.total - $0.communication_seconds }
        #expect(compute[0] < compute[1] && compute[1] < compute[2])
    }

    /// Seconds of the messages of a job in SimGrid 3.32, on hosts of 64 ranks with 100 Gbit/s, by scripts/simulate:
    /// all of them, and the sums of tiles alone. That these bytes are also added up is not simulated.
    struct Simulated: Sendable {
        let job: JobSize
        let memory: Int
        let grid: ProcessGrid
        let seconds, ofSums: Double
    }

    private static let cifar = JobSize(runs: 20_000, test: 10_000, train: 50_000, classes: 10, neighbors: 101)
    private static let imageNet = JobSize(runs: 100, test: 50_000, train: 1_281_167, classes: 1000, neighbors: 101)

    @Test(arguments: [
        Simulated(job: cifar, memory: 2 << 30, grid: .init(runs: 4, train: 4), seconds: 2.264, ofSums: 0.500),
        Simulated(job: cifar, memory: 2 << 30, grid: .init(runs: 8, train: 8), seconds: 1.321, ofSums: 0.292),
        Simulated(job: cifar, memory: 2 << 30, grid: .init(runs: 8, train: 32), seconds: 1.257, ofSums: 0.073),
        Simulated(job: imageNet, memory: 8 << 30, grid: .init(runs: 1, train: 16), seconds: 66.22, ofSums: 0),
        Simulated(job: imageNet, memory: 8 << 30, grid: .init(runs: 1, train: 64), seconds: 23.69, ofSums: 0),
        Simulated(job: imageNet, memory: 8 << 30, grid: .init(runs: 1, train: 256), seconds: 27.33, ofSums: 0),
    ]) func `messages take as long as on a simulated cluster`(simulated: Simulated) {
        var rates = MachineRates.typical
        (rates.bytes, rates.latency) = (12.5e9 / 64, 2e-6)
        let cost = CostModel(
            searches: [simulated.job], rates: rates, threads: 1, memory: simulated.memory, screen: .int8,
            ranksOfHost: 64
        ).cost(on: simulated.grid)
        let withAdditions = simulated.seconds + 1.4 * simulated.ofSums
        #expect(abs(cost.communication_seconds / withAdditions - 1) < 0.03)
    }

    @Test func `a search among examples themselves costs little more than half, and is added to the others`() {
        func cost(_ searches: [JobSize], memory: Int = 1 << 30) -> CostModel.Cost {
            CostModel(searches: searches, rates: .typical, threads: 1, memory: memory, screen: .int8)
                .cost(on: .init(runs: 1, train: 1))
        }
        let other = JobSize(runs: 500, test: 20_000, train: 20_000, classes: 10, neighbors: 11)
        let among = JobSize(runs: 500, among: 20_000, classes: 10, neighbors: 10)
        let share = cost([among]).seconds.product / cost([other]).seconds.product
        #expect((0.5...0.53).contains(share))
        // Too little memory for all lists at once: the whole square.
        #expect(cost([among], memory: 256 << 20).seconds.product == cost([other], memory: 256 << 20).seconds.product)
        let both = cost([other, among])
        #expect(both.seconds.total == cost([other]).seconds.total + cost([among]).seconds.total)
        #expect(both.memory_bytes == max(cost([other]).memory_bytes, cost([among]).memory_bytes))
    }

    @Test func `moments of training examples go round those that share the runs only`() {
        func communication(_ grid: ProcessGrid) -> Double {
            var rates = MachineRates.typical
            rates.latency = 1e-12
            // As many training examples for each rank, and next to nothing of the test examples.
            let train = 1000 * grid.train
            return model(runs: 2, test: 1, train: train, rates: rates).cost(on: grid).communication_seconds
        }
        let (few, many) = (communication(.init(runs: 2, train: 2)), communication(.init(runs: 2, train: 200)))
        #expect(many < 2 * few)
    }

    @Test(arguments: [64, 256, 1024]) func `a grid is one that the memory holds, if there is one`(ranks: Int) {
        let job = JobSize(runs: 100_000, test: 50_000, train: 1_000_000, classes: 1000, neighbors: 101)
        func grid(memory: Int) -> CostModel.Cost {
            CostModel(searches: [job], rates: .typical, threads: 1, memory: memory, screen: .int8).cheapest(
                ranks: ranks)
        }
        // With so many runs it would be theirs that are shared, but the moments of all training examples take 30 GiB.
        #expect(grid(memory: 1 << 40).grid.runs > 1)
        let small = grid(memory: 4 << 30)
        #expect(small.least_memory_bytes <= 4 << 30 && small.memory_bytes <= 4 << 30)
        let tooSmall = grid(memory: 1 << 30)
        #expect(tooSmall.least_memory_bytes > 1 << 30)
    }

    @Test func `the files are read once a pass by one rank that has the memory`() {
        let cost = model(runs: 500, test: 2000, train: 10_000).cheapest(ranks: 1)
        let files = 2 * 500 * 12_000 * 10
        // Moments, screen, and the two of the exact products; the test examples are averaged besides.
        #expect(cost.bytes_read >= 4 * files && cost.bytes_read < 5 * files)
    }

    @Test func `a faster machine spends less time on what is faster, and on nothing else`() {
        func phases(_ change: (inout MachineRates) -> Void) -> [String: Double] {
            var rates = MachineRates.typical
            change(&rates)
            let seconds = model(runs: 500, test: 2000, train: 10_000, rates: rates).cost(on: .init(runs: 1, train: 2))
                .seconds
            return [
                "read": seconds.read, "standardize": seconds.standardize, "product": seconds.product,
                "reduce": seconds.reduce, "select": seconds.select, "refine": seconds.refine,
            ]
        }
        let before = phases { _ in }
        func faster(_ change: (inout MachineRates) -> Void) -> [String] {
            let after = phases(change)
            #expect(after.allSatisfy { $1 <= before[$0]! })
            return after.filter { $1 < before[$0]! }.keys.sorted()
        }
        #expect(faster { $0.products *= 2 } == ["product"])
        #expect(faster { $0.exactProducts *= 2 } == ["refine"])
        #expect(faster { $0.logits *= 2 } == ["read", "refine", "standardize"])
        #expect(faster { $0.bytes *= 2 } == ["read", "refine", "select", "standardize"])
        #expect(faster { $0.latency /= 2 } == ["read", "refine", "select", "standardize"])
        // Of the product all but the writing of its results.
        let product = phases { $0.products /= 10 }["product"]! - before["product"]!
        #expect(abs(product / (9 * 2 * 500 * 10 * 2000 * 5000 / MachineRates.typical.products) - 1) < 1e-9)
    }
}
