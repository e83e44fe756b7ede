import CSIMDKernels
import Testing

struct MirrorTests {
    @Test(arguments: [(1, 1), (16, 16), (33, 20), (15, 48), (50, 1)])
    func `columns become rows`(rows: Int, columns: Int) {
        let stride = columns + 3
        let products = (0..<rows * stride).map { Int32($0 * 7) }
        var mirrored = [Int32](repeating: -1, count: rows * columns + 1)
        ek_mirror(products, stride, rows, columns, &mirrored)
        #expect(mirrored.last == -1)
        for row in 0..<rows {
            for column in 0..<columns { #expect(mirrored[column * rows + row] == products[row * stride + column]) }
        }
    }
}
