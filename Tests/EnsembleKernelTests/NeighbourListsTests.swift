import EnsembleKernel
import Testing
import SeededNumbers

struct NeighbourListsTests {
    /// Small integers, so that ties abound.
    private static func similarities(_ count: Int, seed: UInt64) -> [Float] {
        var numbers = SeededNumbers(seed: seed)
        return (0..<count).map { _ in Float(Int.random(in: -3...3, using: &numbers)) }
    }

    private static func sorted(_ values: [Float], k: Int) -> (similarities: [Float], indices: [Int64]) {
        let order = Oracle.order(values).prefix(k)
        return (order.map { values[$0] }, order.map { Int64($0) })
    }

    /// The lists of all rows of `values` (rows, columns), offered in tiles of `width` columns.
    private static func lists(
        _ values: [Float], rows: Int, columns: Range<Int>, of stride: Int, k: Int, width: Int, threads: Int = 1
    ) throws -> NeighbourLists {
        var lists = NeighbourLists(rows: rows, k: k)
        for start in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: width) {
            let piece = start..<min(start + width, columns.upperBound)
            // Rows before and behind those offered must not count.
            let tile =
                [Float](repeating: 99, count: piece.count)
                + (0..<rows).flatMap { values[$0 * stride + piece.lowerBound..<$0 * stride + piece.upperBound] }
                + [Float](repeating: 99, count: piece.count)
            try lists.offer(
                tile, columns: piece.count, rows: 1..<rows + 1, firstIndex: piece.lowerBound, threads: threads)
        }
        return lists
    }

    @Test(arguments: [1, 2, 10, 50], [1, 7, 49, 50])
    func `any tiling of the columns gives the first of a full sort`(k: Int, width: Int) throws {
        let (rows, columns) = (9, 50)
        for seed in 1...20 as ClosedRange<UInt64> {
            let values = Self.similarities(rows * columns, seed: seed)
            for threads in [1, 2, 20] {
                let lists = try Self.lists(
                    values, rows: rows, columns: 0..<columns, of: columns, k: k, width: width, threads: threads)
                for row in 0..<rows {
                    let expected = Self.sorted(Array(values[row * columns..<(row + 1) * columns]), k: k)
                    #expect(Array(lists.similarities[row * k..<(row + 1) * k]) == expected.similarities)
                    #expect(Array(lists.indices[row * k..<(row + 1) * k]) == expected.indices)
                }
            }
        }
    }

    @Test(arguments: [1, 3, 20, 60])
    func `lists of disjoint columns merge to the same in any order`(k: Int) throws {
        let columns = 60
        let bounds = [0, 7, 8, 30, 30, 55, 60]
        let parts = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
        var numbers = SeededNumbers(seed: 3)
        for seed in 1...30 as ClosedRange<UInt64> {
            let values = Self.similarities(columns, seed: seed)
            let expected = Self.sorted(values, k: k)
            var merged = NeighbourLists(rows: 3, k: k)
            for part in parts.shuffled(using: &numbers) {
                let own = try Self.lists(values, rows: 1, columns: part, of: columns, k: k, width: 4)
                merged.offer(own.similarities[...], own.indices[...], to: 1)
            }
            #expect(Array(merged.similarities[k..<2 * k]) == expected.similarities)
            #expect(Array(merged.indices[k..<2 * k]) == expected.indices)
            #expect(merged.indices[..<k].allSatisfy { $0 == -1 } && merged.indices[(2 * k)...].allSatisfy { $0 == -1 })
        }
    }

    @Test func `of equal similarities at the border the smallest indices stay`() throws {
        let values: [Float] = [1, 2, 2, 2, 3, 2]
        let lists = try Self.lists(values, rows: 1, columns: 0..<6, of: 6, k: 3, width: 2)
        #expect(lists.indices == [4, 1, 2] && lists.similarities == [3, 2, 2])

        var merged = NeighbourLists(rows: 1, k: 2)
        merged.offer([2, 2], [7, 9], to: 0)
        merged.offer([2, 1], [3, 4], to: 0)
        #expect(merged.indices == [3, 7])
    }

    @Test func `fewer candidates than places leave padding behind`() throws {
        let lists = try Self.lists([5, -8, 6], rows: 1, columns: 0..<3, of: 3, k: 5, width: 2)
        #expect(lists.indices == [2, 0, 1, -1, -1])
        #expect(lists.similarities == [6, 5, -8, -.infinity, -.infinity])
        var merged = lists
        merged.offer(lists.similarities[3...], lists.indices[3...], to: 0)
        #expect(merged == lists)
    }
}
