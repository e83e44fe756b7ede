import CVectorKernels
import SeededNumbers
import Testing

struct DigitsTests {
    private static let chunk = Int(VK_DEPTH)
    private static let base = 1 << Int(VK_DIGIT_BITS)
    /// The largest magnitude of a number in two digits.
    private static let largest = base * base / 2

    private static func high(_ number: Int) -> Int { (number + base / 2) >> Int(VK_DIGIT_BITS) }

    /// Rows of digits of `numbers`, (rows, depth), as the loops keep them.
    private static func digits(_ numbers: [Int], depth: Int, _ kept: VKDigits) -> [Int16] {
        stride(from: 0, to: numbers.count, by: chunk).flatMap { start in
            let some = numbers[start..<start + chunk]
            let lows = kept == VKBothDigits ? some.map { Int16($0 - high($0) * base) } : []
            return some.map { Int16(high($0)) } + lows
        }
    }

    @Test(
        arguments: [VKHighDigits, VKBothDigits].flatMap { kept in
            [(1, 1), (16, 1), (5, 3), (8, 10), (33, 2), (2, 1000)].map { (kept, $0) }
        }, [1, 15, 16, 17, 40])
    func `digits are those of the nearest whole number of units, chunk by chunk`(
        of: (kept: VKDigits, shape: (Int, Int)), examples: Int
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
        var missed = [Int64](repeating: 7, count: examples)
        var digits = [Int16](repeating: 4242, count: examples * rowLength)
        vk_digits(
            x, xStride, runs, classes, examples, mean, scale, stride, Int32(bits), kept, &digits, rowLength, &missed)
        for i in 0..<examples {
            let wanted = (0..<chunks * Self.chunk).map { d in
                guard d < depth else { return 0 }
                let at = d % classes * stride + i
                return Int(((x[d * xStride + i] - mean[at]) * scale[at] * 0x1p20).rounded(.toNearestOrEven))
            }
            let row = digits[i * rowLength..<(i + 1) * rowLength]
            #expect(Array(row.prefix(written)) == Self.digits(wanted, depth: wanted.count, kept))
            #expect(row.suffix(32).allSatisfy { $0 == 4242 })
            let lows = wanted.map { $0 - Self.high($0) * Self.base }
            #expect(missed[i] == 7 + (kept == VKHighDigits ? lows.reduce(0) { $0 + Int64($1 * $1) } : 0))
        }
    }

    @Test(arguments: [16, 240, 256, 480, 496, 1040], [VKHighDigits, VKBothDigits])
    func `products of pairs are exact, for any number of columns in the panel`(depth: Int, kept: VKDigits) {
        var numbers = SeededNumbers(seed: UInt64(depth))
        func random(_ count: Int) -> [Int] {
            // Many at the very ends, where sums of 32 bits are nearest to overflow.
            (0..<count).map { _ in
                Bool.random(using: &numbers)
                    ? Int.random(in: -Self.largest...Self.largest, using: &numbers)
                    : [-Self.largest, Self.largest, Self.largest - Self.base / 2 - 1].randomElement(using: &numbers)!
            }
        }
        let (rows, columns, first) = (9, 12, 100)
        let (a, b) = (random(rows * depth), random(columns * depth))
        // Row i has pairs with i of the columns, some of which lie before or behind the panel.
        let pairs = (0..<rows).map { row in
            (0..<columns + 4).shuffled(using: &numbers).prefix(row).map { Int32($0 + first) }.sorted()
        }
        let ends = (1...rows).map { pairs.prefix($0).joined().count }
        var firsts = [0] + ends.dropLast()
        let all = pairs.flatMap { $0 }
        var sums = [Int64](repeating: 7, count: all.count)
        vk_add_digit_products(
            kept, Self.digits(a, depth: depth, kept), rows, Self.digits(b, depth: depth, kept), depth, all, &firsts,
            ends, Int32(first), Int32(first + columns), &sums)
        func number(_ number: Int) -> Int { kept == VKBothDigits ? number : Self.high(number) }
        for row in 0..<rows {
            let inPanel = pairs[row].filter { $0 < first + columns }
            #expect(firsts[row] == (row > 0 ? ends[row - 1] : 0) + inPanel.count)
            for (place, column) in pairs[row].enumerated() {
                let at = (Int(column) - first) * depth
                let product = (0..<depth).reduce(0) { sum, d in
                    column < first + columns ? sum &+ number(a[row * depth + d]) * number(b[at + d]) : sum
                }
                #expect(sums[(row > 0 ? ends[row - 1] : 0) + place] == Int64(7 &+ product))
            }
        }
    }
}
