import ParallelRanges
import Testing

struct PartitionTests {
    static let counts = Array(0...130) + [255, 256, 257, 1000, 50_000, 1 << 40]

    @Test(arguments: 1...64)
    func `ranges cover everything once, in order, and differ by at most one`(parts: Int) {
        for count in Self.counts {
            let partition = Partition(count, parts)
            let ranges = (0..<parts).map(partition.range)
            #expect(partition.ranges == ranges)
            #expect(ranges.first?.lowerBound == 0)
            #expect(ranges.last?.upperBound == count)
            #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
            #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.count >= $1.count })
            #expect(ranges[0].count - ranges[parts - 1].count <= 1)
            #expect(partition.counts == ranges.map(\.count))
            #expect(partition.longest == ranges.map(\.count).max())
            #expect(partition.displacements == ranges.map(\.lowerBound))
        }
    }

    @Test func `parts beyond the things are empty`() {
        #expect((0..<5).map { Partition(3, 5).range(of: $0) } == [0..<1, 1..<2, 2..<3, 3..<3, 3..<3])
    }
}
