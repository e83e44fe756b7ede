import CVectorKernels
import SeededNumbers
import Testing

struct ScreenTests {
    private struct Columns {
        var scale, norm, residual: [Float]

        func with<Result>(_ body: (VKScreenColumns) -> Result) -> Result {
            scale.withUnsafeBufferPointer { scale in
                norm.withUnsafeBufferPointer { norm in
                    residual.withUnsafeBufferPointer { residual in
                        body(
                            VKScreenColumns(
                                scale: scale.baseAddress, norm: norm.baseAddress, residual: residual.baseAddress))
                    }
                }
            }
        }
    }

    private func screen(
        _ products: [Int32], asFloats: Bool, _ row: VKScreenRow, _ columns: Columns, threshold: Float
    ) -> [(column: Int, lower: Float, upper: Float)] {
        let count = products.count
        var (column, lower, upper) = (
            [Int32](repeating: -1, count: count), [Float](repeating: 0, count: count),
            [Float](repeating: 0, count: count)
        )
        let found = column.withUnsafeMutableBufferPointer { column in
            lower.withUnsafeMutableBufferPointer { lower in
                upper.withUnsafeMutableBufferPointer { upper in
                    let hits = VKScreenHits(
                        column: column.baseAddress, lower: lower.baseAddress, upper: upper.baseAddress)
                    return columns.with {
                        asFloats
                            ? vk_screen_float(products.map { Float($0) }, count, row, $0, threshold, hits)
                            : vk_screen_int32(products, count, row, $0, threshold, hits)
                    }
                }
            }
        }
        return (0..<found).map { (Int(column[$0]), lower[$0], upper[$0]) }
    }

    @Test(arguments: [1, 15, 16, 17, 200], [false, true])
    func `the columns found are those whose bound reaches the threshold`(count: Int, asFloats: Bool) {
        var numbers = SeededNumbers(seed: UInt64(count))
        func random(_ range: ClosedRange<Float>) -> [Float] {
            (0..<count).map { _ in Float.random(in: range, using: &numbers) }
        }
        let columns = Columns(scale: random(0.001...0.002), norm: random(0.5...1), residual: random(0...0.02))
        let products = (0..<count).map { _ in Int32.random(in: -1000...1000, using: &numbers) }
        let row = VKScreenRow(scale: 0.5, norm: 1, residual: 0.01)
        for threshold: Float in [-.infinity, -0.2, 0, 0.4, 3] {
            let found = screen(products, asFloats: asFloats, row, columns, threshold: threshold)
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.column < $1.column })
            for hit in found {
                let j = hit.column
                let middle = Double(products[j]) * 0.5 * Double(columns.scale[j])
                let radius = Double(columns.residual[j]) + 0.01 * Double(columns.norm[j])
                #expect(Double(hit.lower) <= middle - radius && Double(hit.upper) >= middle + radius)
                #expect(Double(hit.upper - hit.lower) < 2 * radius + 1e-5)
            }
            let missing = Set(0..<count).subtracting(found.map(\.column))
            for j in missing {
                let middle = Double(products[j]) * 0.5 * Double(columns.scale[j])
                #expect(middle + Double(columns.residual[j]) + 0.01 * Double(columns.norm[j]) < Double(threshold))
            }
        }
    }
}
