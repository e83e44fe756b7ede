import RandomStreams
import Testing

@Suite struct RandomNumbersTests {
    @Test func `SplitMix64 gives the published values`() {
        var generator = SplitMix64(state: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        ]
        #expect(expected.map { _ in generator.next() } == expected)
    }

    @Test func `xoshiro256** gives the published values`() {
        var numbers = RandomNumbers(state: (1, 2, 3, 4))
        let expected: [UInt64] = [
            11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360, 607_988_272_756_665_600,
        ]
        #expect(expected.map { _ in numbers.next() } == expected)
    }

    @Test func `each run of each seed has a stream of its own`() {
        var first: Set<UInt64> = []
        for seed in 0..<40 as Range<UInt64> {
            for run in 0..<40 {
                var numbers = RandomNumbers(seed: seed, run: run)
                first.insert(numbers.next())
            }
        }
        #expect(first.count == 1_600)
        var one = RandomNumbers(seed: 3, run: 5)
        var same = RandomNumbers(seed: 3, run: 5)
        #expect((0..<100).allSatisfy { _ in one.next() == same.next() })
    }

    @Test func `normal deviates have the moments of the normal distribution`() {
        var numbers = RandomNumbers(seed: 1, run: 0)
        let values = numbers.normals(200_001, deviation: 3).map { Double($0) / 3 }
        #expect(values.count == 200_001)
        func moment(_ power: Int) -> Double {
            values.reduce(0) { sum, x in sum + (0..<power).reduce(1) { product, _ in product * x } }
                / Double(values.count)
        }
        // Standard errors at this count: 0.0022, 0.0032, 0.0087, 0.022.
        #expect(abs(moment(1)) < 0.01)
        #expect(abs(moment(2) - 1) < 0.015)
        #expect(abs(moment(3)) < 0.04)
        #expect(abs(moment(4) - 3) < 0.1)
        let beyondTwo = Double(values.count { abs($0) > 2 }) / Double(values.count)
        #expect(abs(beyondTwo - 0.0455) < 0.002)
    }

    @Test func `numbers below a bound are equally likely`() {
        var numbers = RandomNumbers(seed: 2, run: 7)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[numbers.next(below: 7)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })
    }

    @Test func `a shuffle is a permutation, and each order is equally likely`() {
        var numbers = RandomNumbers(seed: 3, run: 1)
        var counts: [[Int32]: Int] = [:]
        for _ in 0..<24_000 {
            var order: [Int32] = [0, 1, 2, 3]
            numbers.shuffle(&order)
            #expect(order.sorted() == [0, 1, 2, 3])
            counts[order, default: 0] += 1
        }
        #expect(counts.count == 24)
        #expect(counts.values.allSatisfy { abs($0 - 1_000) < 200 })
    }
}
