import EnsembleKernel
import MessagePassing
import Testing

struct TilingTests {
    private static let counts = [1, 2, 3, 7, 100, 1025, 10_000]

    private func bytes(_ tiling: Tiling, classes: Int) -> Int {
        let depth = tiling.runs * classes
        return 4 * (tiling.rows * tiling.columns + depth * (tiling.rows + tiling.columns))
    }

    @Test(arguments: counts, counts) func `tiles stay within the memory`(test: Int, train: Int) {
        for classes in [1, 3, 10, 1000] {
            for runs in [1, 5, 20_000] {
                for memory in [1, 1000, 20_000, 1 << 20, 1 << 30] {
                    let tiling = Tiling(runs: runs, test: test, train: train, classes: classes, bytes: memory)
                    #expect((1...test).contains(tiling.rows) && (1...train).contains(tiling.columns))
                    #expect((1...runs).contains(tiling.runs))
                    let isSmallest = tiling.rows == 1 && tiling.columns == 1
                    #expect(isSmallest || bytes(tiling, classes: classes) <= memory)
                }
            }
        }
    }

    @Test func `with enough memory there is one tile`() {
        let tiling = Tiling(runs: 100, test: 500, train: 2000, classes: 10, bytes: 1 << 30)
        #expect(tiling.rows == 500 && tiling.columns == 2000)
        #expect(tiling.runs == 32)
    }

    @Test func `twice the memory never makes more work`() {
        func work(_ memory: Int) -> Int {
            let tiling = Tiling(runs: 64, test: 3000, train: 5000, classes: 10, bytes: memory)
            let testTiles = Tiling.pieces(of: 0..<3000, size: tiling.rows).count
            let trainTiles = Tiling.pieces(of: 0..<5000, size: tiling.columns).count
            return testTiles * 5000 + trainTiles * 3000
        }
        let works = (12...30).map { work(1 << $0) }
        #expect(zip(works, works.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(works.last == 8000)
    }

    @Test func `pieces cover a range once and in order`() {
        for size in 1...9 {
            for range in [0..<0, 3..<3, 0..<1, 0..<8, 5..<23] {
                let pieces = Tiling.pieces(of: range, size: size)
                #expect(pieces.flatMap(Array.init) == Array(range))
                #expect(pieces.allSatisfy { (1...size).contains($0.count) })
            }
        }
    }

    @Test(arguments: [(1, 1), (1, 5), (3, 1), (4, 2), (7, 9)])
    func `the tiles of all ranks cover every pair once, and ranks that sum have the same`(runs: Int, train: Int) {
        let grid = ProcessGrid(runs: runs, train: train)
        let (test, columns) = (23, 31)
        let tiling = Tiling(
            runs: 4, test: test, train: Partition(columns, train).range(of: 0).count, classes: 2, bytes: 600)
        func tiles(_ rank: Int) -> [[Range<Int>]] {
            let own = Partition(columns, train).range(of: grid.position(of: rank).train)
            return Tiling.pieces(of: 0..<test, size: tiling.rows).flatMap { rows in
                Tiling.pieces(of: own, size: tiling.columns).map { [rows, $0] }
            }
        }
        var covered = [Int](repeating: 0, count: test * columns)
        for rank in 0..<grid.size {
            let position = grid.position(of: rank)
            #expect(tiles(rank) == tiles(grid.rank(at: .init(runs: 0, train: position.train))))
            for tile in tiles(rank) {
                let own = Partition(tile[0].count, runs).range(of: position.runs)
                for row in own {
                    for column in tile[1] { covered[(tile[0].lowerBound + row) * columns + column] += 1 }
                }
            }
        }
        #expect(covered.allSatisfy { $0 == 1 })
    }
}
