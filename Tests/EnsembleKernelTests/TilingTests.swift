import EnsembleKernel
import MessagePassing
import ParallelRanges
import Testing

struct TilingTests {
    private static let counts = [1, 2, 3, 7, 100, 1025, 10_000]

    @Test(arguments: counts, counts) func `tiles and panels stay within the memory`(test: Int, train: Int) {
        for (classes, codeBytes) in [(1, 1), (3, 4), (10, 1), (1000, 4)] {
            for runs in [1, 5, 20_000] {
                for memory in [1, 1000, 20_000, 1 << 20, 1 << 30] {
                    let tiling = Tiling(
                        runs: runs, test: test, train: train, classes: classes, neighbors: min(train, 101),
                        codeBytes: codeBytes, bytes: memory)
                    #expect((1...test).contains(tiling.rows) && (1...train).contains(tiling.columns))
                    #expect((1...runs).contains(tiling.runsOfBlock))
                    let depth = tiling.runsOfBlock * classes
                    let bytes =
                        4 * tiling.rows * tiling.columns + codeBytes * depth * (tiling.rows + tiling.columns)
                        + tiling.refinementBytes
                    let isSmallest = tiling.rows == 1 && tiling.columns == 1 && depth <= max(64, classes)
                    #expect(isSmallest || bytes <= memory)
                }
            }
        }
    }

    @Test func `with enough memory all test examples and runs are in one tile`() {
        let tiling = Tiling(
            runs: 500, test: 10_000, train: 25_000, classes: 10, neighbors: 101, codeBytes: 1, bytes: 1 << 30)
        #expect(tiling.testTiles == [0..<10_000])
        #expect(tiling.runBlocks(of: 0..<500) == [0..<500])
        // Wider tiles would only leave the caches.
        #expect((1000...2000).contains(tiling.columns))
    }

    @Test func `a rank's memory bounds the tiles whatever the number of runs`() {
        for runs in [500, 20_000, 1_000_000] {
            let tiling = Tiling(
                runs: runs, test: 2000, train: 10_000, classes: 10, neighbors: 101, codeBytes: 1, bytes: 1 << 28)
            #expect(tiling.rows >= 500 && tiling.columns >= 500)
        }
    }

    @Test(arguments: [(1, 1), (1, 5), (3, 1), (4, 2), (7, 9)], [1, 1000, 3000, 100_000])
    func `the tiles of all ranks cover every pair once, and all ranks have as many`(ranks: (Int, Int), bytes: Int) {
        let grid = ProcessGrid(runs: ranks.0, train: ranks.1)
        let (test, columns) = (23, 310)
        let tiling = Tiling(
            runs: 4, test: test, train: Partition(columns, grid.train).longest, classes: 2, neighbors: 1,
            codeBytes: 1, bytes: bytes)
        func tiles(_ rank: Int) -> [[Range<Int>]] {
            let own = Partition(columns, grid.train).range(of: grid.position(of: rank).column)
            return tiling.testTiles.flatMap { rows in tiling.trainTiles(of: own).map { [rows, $0] } }
        }
        var covered = [Int](repeating: 0, count: test * columns)
        for rank in 0..<grid.size {
            let position = grid.position(of: rank)
            #expect(tiles(rank).count == tiles(0).count)
            #expect(tiles(rank) == tiles(grid.rank(at: .init(row: 0, column: position.column))))
            for tile in tiles(rank) {
                #expect(tile[0].count <= tiling.rows && tile[1].count <= tiling.columns)
                for row in Partition(tile[0].count, grid.runs).range(of: position.row) {
                    for column in tile[1] { covered[(tile[0].lowerBound + row) * columns + column] += 1 }
                }
            }
        }
        #expect(covered.allSatisfy { $0 == 1 })
    }
}
