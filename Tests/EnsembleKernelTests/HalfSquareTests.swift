import EnsembleKernel
import ParallelRanges
import Testing
import TestSupport

struct HalfSquareTests {
    private static let sizes = [
        [1], [5], [3, 4], [1, 1, 1], [4, 2, 7, 3], [0, 5, 0, 2, 3], [2, 2, 2, 2, 2, 2], [9, 1, 1, 1, 1, 1, 1],
        [Int](repeating: 3, count: 31),
    ]

    private func halfSquare(_ sizes: [Int]) -> HalfSquare {
        var end = 0
        return HalfSquare(
            blocks: sizes.map { size in
                defer { end += size }
                return end..<end + size
            })
    }

    /// A tiling of one rank, with tiles of about so many products.
    private func tiling(_ examples: Int, memory: Int) throws -> Tiling {
        let tiling = Tiling(
            runs: 2, test: examples, train: examples, classes: 2, neighbors: 1, isSymmetric: true, codeBytes: 1,
            bytes: memory)
        try #require(tiling.isHalved)
        return tiling
    }

    @Test(arguments: sizes, [0, 1_000, 1_000_000])
    func `every pair is in one part, or its mirror image is`(sizes: [Int], memoryForTiles: Int) throws {
        let (square, count) = (halfSquare(sizes), sizes.reduce(0, +))
        let tiling = try tiling(count, memory: count * 4_900 + 1_000 + memoryForTiles)
        var times = [Int](repeating: 0, count: count * count)
        for part in square.parts(ofColumns: [0..<count], in: tiling) {
            #expect(part.pairs <= max(tiling.products, count), "one column always is a tile")
            for (place, row) in part.rows.joined().enumerated() {
                #expect(part.place(of: row) == place)
                for column in part.columns { times[row * count + column] += 1 }
            }
            for row in part.mirrored.joined() {
                for column in part.columns { times[column * count + row] += 1 }
            }
        }
        #expect(times.allSatisfy { $0 == 1 })
    }

    @Test func `equal blocks have about the same work, half of the square altogether`() throws {
        for blocks in [31, 32] {
            let square = halfSquare([Int](repeating: 10, count: blocks))
            let parts = square.parts(ofColumns: [0..<10 * blocks], in: try tiling(10 * blocks, memory: 100_000_000))
            let pairs = parts.map(\.pairs)
            #expect(pairs.max()! - pairs.min()! <= 100)
            #expect(Double(pairs.reduce(0, +)) <= 0.5 * Double(100 * blocks * blocks) * (1 + 1 / Double(blocks)))
        }
    }

    @Test(arguments: sizes) func `rows have seen what the parts of some columns have, and nothing else`(sizes: [Int])
        throws
    {
        let (square, count) = (halfSquare(sizes), sizes.reduce(0, +))
        let tiling = try tiling(count, memory: 1 << 24)
        var numbers = SeededNumbers(seed: UInt64(count))
        for _ in 0..<20 {
            let ends = (0..<4).map { _ in Int.random(in: 0...count, using: &numbers) }.sorted()
            let done = [ends[0]..<ends[1], ends[2]..<ends[3]].merged
            var expected = [Set<Int>](repeating: [], count: count)
            for part in square.parts(ofColumns: done, in: tiling) {
                for row in part.rows.joined() { expected[row].formUnion(part.columns) }
                for column in part.columns { expected[column].formUnion(part.mirrored.joined()) }
            }
            let seen = square.seen(after: done)
            #expect(seen.flatMap { Array($0.rows) } == Array(0..<count))
            for (rows, columns) in seen {
                #expect(columns == columns.merged)
                for row in rows { #expect(Set(columns.joined()) == expected[row]) }
            }
        }
    }

    @Test func `blocks are those of the examples, or are refused`() {
        #expect(HalfSquare(checking: [0..<3, 3..<5], examples: 5) == halfSquare([3, 2]))
        for blocks in [[], [0..<3], [0..<3, 2..<5], [1..<5], [0..<0, 0..<5], [0..<3, 4..<5], [0..<6]] {
            #expect(HalfSquare(checking: blocks, examples: 5) == nil)
        }
    }
}
