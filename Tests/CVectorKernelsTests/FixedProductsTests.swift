import CVectorKernels
import SeededNumbers
import Testing

struct FixedProductsTests {
    /// The definition: each product, exact in double, to the nearest multiple of the unit, ties to even.
    private func fixed(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>, bits: Int) -> Int64 {
        zip(a, b).reduce(0) { sum, pair in
            let product = Double(pair.0) * Double(pair.1)
            return sum + Int64((product * Double(UInt64(1) << UInt64(bits))).rounded(.toNearestOrEven))
        }
    }

    @Test(arguments: [8, 40, 160], [40, 36, 20])
    func `sums are those of rounded products, in any order and number of rows`(depth: Int, bits: Int) {
        var numbers = SeededNumbers(seed: UInt64(depth + bits))
        let rows = 30
        let a = (0..<depth).map { _ in Float.random(in: -30...30, using: &numbers) }
        let b = (0..<rows * depth).map { _ in Float.random(in: -30...30, using: &numbers) }
        for count in 0...9 {
            let columns = (0..<rows).shuffled(using: &numbers).prefix(count).map { Int32($0 + 100) }
            var sums = [Int64](repeating: 5, count: count)
            vk_add_fixed_products(a, b, depth, columns, 100, count, Int32(bits), &sums)
            for (sum, column) in zip(sums, columns) {
                let row = (Int(column) - 100) * depth
                #expect(sum == 5 + fixed(a[...], b[row..<row + depth], bits: bits))
            }
        }
    }

    @Test func `products up to the bound and ties to even are exact`() {
        // 2^(51 - 40) = 2048 is the bound.
        let a: [Float] = [45, -45, 0x1p-20, 0x1p-20, 0x1.8p-20, 0, 1, 0x1p-30]
        let b: [Float] = [45.5, 45.5, 0x1p-21, 0x1.8p-20, 0x1p-20, 7, 0x1p-41, 0x1p-30]
        var sums: [Int64] = [0]
        vk_add_fixed_products(a, b, 8, [0], 0, 1, 40, &sums)
        #expect(sums[0] == fixed(a[...], b[...], bits: 40))
    }
}
