import CSIMDKernels
import Testing
import TestSupport

struct LimbsTests {
    private static let chunk = Int(EK_DEPTH)
    private static let base = 1 << Int(EK_LIMB_BITS)
    /// The largest magnitude of a number in two limbs.
    private static let largest = base * base / 2

    private static func high(_ number: Int) -> Int { (number + base / 2) >> Int(EK_LIMB_BITS) }

    /// Rows of limbs of `numbers`, (rows, depth), as the loops keep them.
    private static func limbs(_ numbers: [Int], depth: Int, _ kept: EKLimbs) -> [Int16] {
        stride(from: 0, to: numbers.count, by: chunk).flatMap { start in
            let some = numbers[start..<start + chunk]
            let lows = kept == EKBothLimbs ? some.map { Int16($0 - high($0) * base) } : []
            return some.map { Int16(high($0)) } + lows
        }
    }

    @Test(
        arguments: [EKHighLimb, EKBothLimbs].flatMap { kept in
            [(1, 1), (16, 1), (5, 3), (8, 10), (33, 2), (2, 1000)].map { (kept, $0) }
        }, [1, 15, 16, 17, 40])
    func `limbs are those of the nearest whole number of units, chunk by chunk`(
        of: (kept: EKLimbs, shape: (Int, Int)), examples: Int
    ) {
        let (kept, (runs, classes)) = of
        let depth = runs * classes
        var numbers = SeededNumbers(seed: UInt64(depth + examples))
        let (xStride, stride, bits) = (examples + 3, examples + 5, 20)
        let x = (0..<depth * xStride).map { _ in Double.random(in: -3...3, using: &numbers) }
        let mean = (0..<classes * stride).map { _ in Double.random(in: -3...3, using: &numbers) }
        // The last class does not vary.
        let scale = (0..<classes * stride).map {
            $0 >= (classes - 1) * stride ? 0 : Double.random(in: 0.5...20, using: &numbers)
        }
        let chunks = (depth + Self.chunk - 1) / Self.chunk
        let written = Int(kept.rawValue) * Self.chunk * chunks
        let rowLength = written + 32
        var dropped = [Int64](repeating: 7, count: examples)
        var limbs = [Int16](repeating: 4242, count: examples * rowLength)
        let places = (0..<Int32(examples)).shuffled(using: &numbers)
        withBlock(
            x, stride: xStride, runs: runs, classes: classes, examples: examples, mean: mean, scale: scale,
            momentStride: stride
        ) { ek_limbs($0, $1, Int32(bits), kept, places, &limbs, rowLength, &dropped) }
        for i in 0..<examples {
            let wanted = (0..<chunks * Self.chunk).map { d in
                guard d < depth else { return 0 }
                let at = d % classes * stride + i
                return Int(((x[d * xStride + i] - mean[at]) * scale[at] * 0x1p20).rounded(.toNearestOrEven))
            }
            let place = Int(places[i])
            let row = limbs[place * rowLength..<(place + 1) * rowLength]
            #expect(Array(row.prefix(written)) == Self.limbs(wanted, depth: wanted.count, kept))
            #expect(row.suffix(32).allSatisfy { $0 == 4242 })
            let lows = wanted.map { $0 - Self.high($0) * Self.base }
            #expect(dropped[i] == 7 + (kept == EKHighLimb ? lows.reduce(0) { $0 + Int64($1 * $1) } : 0))
        }
    }

    @Test(arguments: [16, 240, 256, 480, 496, 1040], [EKHighLimb, EKBothLimbs])
    func `products of pairs are exact, for any number of pairs of a row`(depth: Int, kept: EKLimbs) {
        var numbers = SeededNumbers(seed: UInt64(depth))
        func random(_ count: Int) -> [Int] {
            // Many at the very ends, where sums of 32 bits are nearest to overflow.
            (0..<count).map { _ in
                Bool.random(using: &numbers)
                    ? Int.random(in: -Self.largest...Self.largest, using: &numbers)
                    : [-Self.largest, Self.largest, Self.largest - Self.base / 2 - 1].randomElement(using: &numbers)!
            }
        }
        let (rows, columns) = (9, 12)
        let (a, b) = (random(rows * depth), random(columns * depth))
        // Rows in any order, with one to nine columns that follow one another.
        let pairs = (0..<rows).shuffled(using: &numbers).flatMap { row in
            (0...row).map { _ in (row: row, column: Int.random(in: 0..<columns, using: &numbers)) }
        }
        var sums = [Int64](repeating: 7, count: pairs.count + 1)
        ek_add_limb_products(
            kept, Self.limbs(a, depth: depth, kept), Self.limbs(b, depth: depth, kept), depth,
            pairs.map { Int32($0.row) }, pairs.map { Int32($0.column) }, pairs.count, &sums)
        func number(_ number: Int) -> Int { kept == EKBothLimbs ? number : Self.high(number) }
        for (pair, sum) in zip(pairs, sums) {
            let product = (0..<depth).reduce(0) {
                $0 &+ number(a[pair.row * depth + $1]) &* number(b[pair.column * depth + $1])
            }
            #expect(sum == Int64(7 &+ product))
        }
        #expect(sums.last == 7)
    }
}
