import CSIMDKernels
import Testing
import TestSupport

struct QuantizeTests {
    @Test(arguments: [(1, 1), (5, 3), (16, 10), (47, 2), (100, 10)], [127, 90])
    func `codes are the nearest within the limit, and the squares of their errors are added up`(
        shape: (Int, Int), limit: Int
    ) {
        for runs in [1, 2, 7, 16, 29] { expectNearest(shape, runs, limit) }
    }

    private func expectNearest(_ shape: (Int, Int), _ runs: Int, _ limit: Int) {
        let (examples, classes) = shape
        var numbers = SeededNumbers(seed: 3)
        let x = (0..<runs * classes * examples).map { _ in Double.random(in: -5...5, using: &numbers) }
        let mean = [Double](repeating: 0.25, count: examples * classes)
        let scale = [Double](repeating: 1.5, count: examples * classes)
        // Some scales are too small for the largest values, and an example without variation has none.
        let usual = Float(8) / Float(limit)
        let codeScales = (0..<examples).map {
            $0 % 7 == 6 ? 0 : Float.random(in: usual / 3...usual * 3, using: &numbers)
        }
        let inverse = codeScales.map { $0 > 0 ? 1 / $0 : 0 }
        let stride = examples + 3
        let untouched = Int8.min
        var codes = [Int8](repeating: untouched, count: runs * classes * stride)
        var squaredError = [Double](repeating: 1, count: examples)
        codeScales.withUnsafeBufferPointer { codeScales in
            inverse.withUnsafeBufferPointer { inverse in
                withBlock(
                    x, stride: examples, runs: runs, classes: classes, examples: examples, mean: mean, scale: scale,
                    momentStride: examples
                ) {
                    let quantization = EKQuantization(
                        scale: codeScales.baseAddress, inverse_scale: inverse.baseAddress, largest_code: Float(limit))
                    ek_quantize($0, $1, quantization, &codes, stride, &squaredError)
                }
            }
        }
        // z is rounded to float, and so are its sums and their differences from the codes.
        let rounding = 9 * 0x1p-19
        for i in 0..<examples {
            var expected = 1.0
            for c in 0..<classes {
                let y = rotated((0..<runs).map { (x[($0 * classes + c) * examples + i] - 0.25) * 1.5 })
                for run in 0..<runs {
                    let code = codes[(run * classes + c) * stride + i]
                    #expect(abs(Int(code)) <= limit)
                    let error = y[run] - Double(code) * Double(codeScales[i])
                    if codeScales[i] > 0, abs(Int(code)) < limit {
                        #expect(abs(error) <= Double(codeScales[i]) * 0.50001 + rounding)
                    }
                    expected += error * error
                }
            }
            #expect(abs(squaredError[i] - expected) < 1e-4 * expected)
        }
        for row in 0..<runs * classes {
            #expect(codes[(row * stride + examples)..<(row + 1) * stride].allSatisfy { $0 == untouched })
        }
    }
}
