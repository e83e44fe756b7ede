import ParallelRanges
import Testing

struct RangesTests {
    @Test func `pieces cover a range once, in order, and are as few as their length allows`() {
        for count in 0...40 {
            let range = 7..<7 + count
            for length in 1...12 {
                let pieces = range.pieces(ofAtMost: length)
                #expect(pieces.flatMap(Array.init) == Array(range))
                #expect(pieces.allSatisfy { 1...length ~= $0.count })
                #expect(pieces.count == (count + length - 1) / length)
            }
            for parts in 1...12 {
                let pieces = range.pieces(parts)
                #expect(pieces.count == parts && pieces.flatMap(Array.init) == Array(range))
                let lengths = pieces.map(\.count)
                #expect(lengths.max()! - lengths.min()! <= 1)
            }
        }
    }

    @Test func `a range without another and ranges merged hold the numbers that sets of them hold`() {
        let bounds = 0...6
        for a in bounds {
            for b in bounds where a <= b {
                for c in bounds {
                    for d in bounds where c <= d {
                        let (one, other) = (a..<b, c..<d)
                        let without = one.without(other)
                        #expect(without.flatMap(Array.init) == one.filter { !other.contains($0) })
                        #expect(without.allSatisfy { !$0.isEmpty })
                        #expect(without.totalCount == without.joined().count)
                        #expect([one].without([other]) == without)
                        let ordered = [one, other].sorted { $0.lowerBound < $1.lowerBound }
                        let merged = ordered.merged
                        #expect(merged.flatMap(Array.init) == Set(one).union(other).sorted())
                        #expect(zip(merged, merged.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
                    }
                }
            }
        }
    }

    @Test func `a shifted range begins and ends so much later`() {
        #expect((3..<5).shifted(by: 4) == 7..<9)
        #expect((3..<5).shifted(by: -3) == 0..<2)
    }
}
