import MessagePassing
import Testing

struct PartitionTests {
    static let counts = Array(0...130) + [255, 256, 257, 1000, 50_000, 1 << 40]

    @Test(arguments: 1...64)
    func `ranges cover everything once, in order, and differ by at most one`(parts: Int) {
        for count in Self.counts {
            let partition = Partition(count, parts)
            let ranges = (0..<parts).map(partition.range)
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

    @Test(arguments: 1...64)
    func `the owner of an index is the part whose range holds it`(parts: Int) {
        for count in Self.counts {
            let partition = Partition(count, parts)
            for part in 0..<parts {
                let range = partition.range(of: part)
                let indices = count <= 1000 ? Array(range) : [range.lowerBound, range.upperBound - 1]
                #expect(indices.allSatisfy { partition.owner(of: $0) == part })
            }
        }
    }

    @Test func `parts beyond the things are empty`() {
        #expect((0..<5).map { Partition(3, 5).range(of: $0) } == [0..<1, 1..<2, 2..<3, 3..<3, 3..<3])
    }
}

struct ProcessGridTests {
    @Test func `rank and position are each other's inverse, runs first`() {
        for runs in 1...16 {
            for train in 1...16 {
                let grid = ProcessGrid(runs: runs, train: train)
                let positions = (0..<grid.size).map(grid.position)
                let expected = (0..<train).flatMap { train in
                    (0..<runs).map { ProcessGrid.Position(runs: $0, train: train) }
                }
                #expect(positions == expected)
                #expect(positions.map(grid.rank) == Array(0..<grid.size))
            }
        }
    }

    @Test func `a grid reads what it writes`() {
        #expect(ProcessGrid("4x12") == ProcessGrid(runs: 4, train: 12))
        #expect(ProcessGrid(runs: 4, train: 12).description == "4x12")
    }

    @Test(arguments: [
        "", "4", "x", "4x", "x4", "4x0", "0x4", "4x-1", "+4x1", "4 x1", "4X1", "1x2x3", "٤x1",
        "9999999999999999999x1", "9999999999x9999999999",
    ])
    func `a grid refuses what is not RxT`(text: String) {
        #expect(ProcessGrid(text) == nil)
    }
}
