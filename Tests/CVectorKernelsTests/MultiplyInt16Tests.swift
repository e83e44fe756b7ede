import CVectorKernels
import SeededNumbers
import Testing

struct MultiplyInt16Tests {
    /// Sizes at, below and above those of the blocks: 6 by 16 of a tile, 1020 by 1024 of panels, depth 1024.
    @Test(
        arguments: [(1, 1, 1), (6, 16, 2), (7, 17, 3), (5, 130, 1025), (1023, 15, 9), (11, 1030, 7), (12, 32, 2050)],
        [false, true])
    func `products are the sums in integers`(shape: (rows: Int, columns: Int, depth: Int), adding: Bool) {
        let (rows, columns, depth) = shape
        var numbers = SeededNumbers(seed: UInt64(rows + columns + depth))
        // Of a wider matrix only the first rows are taken.
        let stride = rows + 3
        let largest = depth < 3 ? Int16.max : 1000
        func random(_ count: Int) -> [Int16] {
            (0..<count).map { _ in Int16.random(in: -largest...largest, using: &numbers) }
        }
        let (a, b) = (random(depth * stride), random(depth * columns))
        let before = (0..<rows * columns + 1).map { Int32($0 % 1000) }
        var products = before
        var workspace = [Int16](repeating: -1, count: Int(VK_INT16_WORKSPACE))
        vk_multiply_int16(a, stride, rows, b, columns, depth, adding, &products, &workspace)
        for i in 0..<rows {
            for j in 0..<columns {
                var sum = adding ? Int(before[i * columns + j]) : 0
                for d in 0..<depth { sum += Int(a[d * stride + i]) * Int(b[d * columns + j]) }
                #expect(Int(products[i * columns + j]) == sum)
            }
        }
        #expect(products.last == before.last)
    }
}
