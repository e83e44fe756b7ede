import EnsembleKernel
import Testing
import TestSupport

struct ExactNeighborsTests {
    /// Small integers, so that ties abound.
    private static func products(_ count: Int, seed: UInt64) -> [Int64] {
        var numbers = SeededNumbers(seed: seed)
        return (0..<count).map { _ in Int64.random(in: -3...3, using: &numbers) }
    }

    @Test(arguments: [1, 3, 20, 60]) func `candidates in any order and portions give the first of a full sort`(k: Int)
        throws
    {
        let (rows, columns) = (3, 60)
        var numbers = SeededNumbers(seed: 3)
        for seed in 1...30 as ClosedRange<UInt64> {
            let values = (0..<rows).map { Self.products(columns, seed: seed * 10 + UInt64($0)) }
            var lists = ExactNeighbors(rows: rows, k: k)
            let order = (0..<columns).shuffled(using: &numbers)
            for portion in [order[..<7], order[7..<8], order[8..<8], order[8..<50], order[50...]] {
                let pairs = CandidatePairs(values.map { _ in portion.map { Int32($0) } })
                lists.offer(pairs, values.flatMap { row in portion.map { row[$0] } }, threads: Int(seed % 3) + 1)
            }
            for row in 0..<rows {
                let expected = Oracle.order(values[row]).prefix(k)
                #expect(Array(lists.products[row * k..<(row + 1) * k]) == expected.map { values[row][$0] })
                #expect(Array(lists.indices[row * k..<(row + 1) * k]) == expected.map { Int64($0) })
            }
        }
    }

    @Test func `fewer candidates than places leave padding behind`() throws {
        var lists = ExactNeighbors(rows: 1, k: 5)
        lists.offer(CandidatePairs([[0, 1, 2]]), [5, -8, 6])
        #expect(lists.indices == [2, 0, 1, -1, -1])
        #expect(lists.products == [6, 5, -8, .min, .min])
    }
}
