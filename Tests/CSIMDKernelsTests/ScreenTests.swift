import CSIMDKernels
import Testing
import TestSupport

struct ScreenTests {
    private struct Columns {
        var scale, norm, residual, offset: [Float]

        func with<Result>(_ body: (EKScreenColumns) -> Result) -> Result {
            scale.withUnsafeBufferPointer { scale in
                norm.withUnsafeBufferPointer { norm in
                    residual.withUnsafeBufferPointer { residual in
                        offset.withUnsafeBufferPointer { offset in
                            body(
                                EKScreenColumns(
                                    scale: scale.baseAddress, norm: norm.baseAddress, residual: residual.baseAddress,
                                    offset: offset.baseAddress))
                        }
                    }
                }
            }
        }
    }

    private func screen(
        _ products: [Int32], asFloats: Bool, _ row: EKScreenRow, _ columns: Columns, firstIndex: Int32 = 0,
        _ threshold: inout EKThreshold, _ bins: inout [Int32]
    ) -> [EKCandidate] {
        let count = products.count
        return [EKCandidate](unsafeUninitializedCapacity: count) { candidates, found in
            found = columns.with {
                asFloats
                    ? ek_screen_float(
                        products.map { Float($0) }, count, row, $0, firstIndex, &threshold, &bins,
                        candidates.baseAddress)
                    : ek_screen_int32(
                        products, count, row, $0, firstIndex, &threshold, &bins, candidates.baseAddress)
            }
        }
    }

    private static let noBins = [Int32](repeating: 0, count: Int(EK_BINS))

    @Test(arguments: [1, 15, 16, 17, 200], [false, true])
    func `the columns found are those whose bound reaches the threshold`(count: Int, asFloats: Bool) {
        var numbers = SeededNumbers(seed: UInt64(count))
        func random(_ range: ClosedRange<Float>) -> [Float] {
            (0..<count).map { _ in Float.random(in: range, using: &numbers) }
        }
        let columns = Columns(
            scale: random(0.001...0.002), norm: random(0.5...1), residual: random(0...0.02),
            offset: random(-0.5...0.5))
        let products = (0..<count).map { _ in Int32.random(in: -1000...1000, using: &numbers) }
        let row = EKScreenRow(scale: 0.5, norm: 1, residual: 0.01)
        for threshold: Float in [-.infinity, -0.2, 0, 0.4, 3] {
            // With so many neighbors sought the threshold stays.
            var (known, bins) = (EKThreshold(value: threshold, k: .max, bin: -1, above: 0), Self.noBins)
            let found = screen(products, asFloats: asFloats, row, columns, firstIndex: 100, &known, &bins)
            #expect(known.value == threshold)
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.index < $1.index })
            for hit in found {
                let j = Int(hit.index) - 100
                let middle = Double(products[j]) * 0.5 * Double(columns.scale[j]) - Double(columns.offset[j])
                let radius = Double(columns.residual[j]) + 0.01 * Double(columns.norm[j])
                #expect(Double(hit.lower) <= middle - radius && Double(hit.upper) >= middle + radius)
                #expect(Double(hit.upper - hit.lower) < 2 * radius + 1e-5)
            }
            let missing = Set(0..<count).subtracting(found.map { Int($0.index) - 100 })
            for j in missing {
                let middle = Double(products[j]) * 0.5 * Double(columns.scale[j]) - Double(columns.offset[j])
                #expect(middle + Double(columns.residual[j]) + 0.01 * Double(columns.norm[j]) < Double(threshold))
            }
        }
    }

    @Test(arguments: [1, 3, 40], [false, true])
    func `the threshold rises to the bin that the k-th lower end is in, and no column of the k best is lost`(
        k: Int, asFloats: Bool
    ) {
        var numbers = SeededNumbers(seed: UInt64(k))
        let count = 200
        let row = EKScreenRow(scale: 1, norm: 1, residual: 0.01)
        let columns = Columns(
            scale: [Float](repeating: 0.001, count: count), norm: [Float](repeating: 1, count: count),
            residual: (0..<count).map { _ in Float.random(in: 0...0.02, using: &numbers) },
            offset: (0..<count).map { _ in Float.random(in: -0.1...0.1, using: &numbers) })
        var (threshold, bins) = (EKThreshold(value: -.infinity, k: Int32(k), bin: -1, above: 0), Self.noBins)
        var all: [(middle: Double, lower: Double)] = []
        for portion in 0..<4 {
            // Below the first bin, in all others, and above the last.
            let products = (0..<count).map { _ in Int32.random(in: -1100...1100, using: &numbers) }
            let found = screen(
                products, asFloats: asFloats, row, columns, firstIndex: Int32(portion * count), &threshold, &bins)
            all += (0..<count).map {
                let middle = Double(products[$0]) * 0.001 - Double(columns.offset[$0])
                return (middle, middle - Double(columns.residual[$0]) - 0.01)
            }
            let lowers = all.map(\.lower).sorted(by: >)
            let kth = min(lowers[k - 1], Double(EK_BINS - 1 - EK_FIRST_BIN) / Double(EK_BINS_PER_UNIT))
            #expect(Double(threshold.value) <= kth)
            #expect(Double(threshold.value) > kth - 1.01 / Double(EK_BINS_PER_UNIT))
            let best = all.indices.sorted { all[$0].middle > all[$1].middle }.prefix(k)
            #expect(Set(best.filter { $0 >= portion * count }).isSubset(of: found.map { Int($0.index) }))
        }
    }
}
