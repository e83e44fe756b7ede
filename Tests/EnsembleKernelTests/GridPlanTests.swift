import EnsembleKernel
import MessagePassing
import Testing

struct GridPlanTests {
    @Test(arguments: 1...128) func `the grid has a place for every rank`(ranks: Int) {
        for (runs, test, train) in [(2, 1, 1), (64, 500, 2000), (20_000, 10_000, 50_000), (100_000, 10, 100)] {
            let job = JobSize(runs: runs, test: test, train: train, classes: 10, neighbours: min(train, 101))
            #expect(GridPlan.cheapestGrid(for: job, ranks: ranks).size == ranks)
        }
    }

    @Test(arguments: [2, 4, 16, 64]) func `many train examples are shared, not the runs`(ranks: Int) {
        let job = JobSize(runs: 500, test: 1000, train: 1_000_000, classes: 10, neighbours: 101)
        #expect(GridPlan.cheapestGrid(for: job, ranks: ranks) == ProcessGrid(runs: 1, train: ranks))
    }

    @Test(arguments: [2, 4, 16, 64]) func `many runs of few examples are shared`(ranks: Int) {
        let job = JobSize(runs: 1_000_000, test: 100, train: 10, classes: 10, neighbours: 3)
        #expect(GridPlan.cheapestGrid(for: job, ranks: ranks).runs == ranks)
    }

    @Test func `more ranks than runs and train examples have a grid`() {
        let job = JobSize(runs: 2, test: 1, train: 1, classes: 1, neighbours: 1)
        #expect((1...128).allSatisfy { GridPlan.cheapestGrid(for: job, ranks: $0).size == $0 })
    }
}
