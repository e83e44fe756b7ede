import CSIMDKernels
import Testing
import TestSupport

struct StandardizeTests {
    private static let shapes = [(0, 1), (1, 1), (7, 3), (8, 1), (9, 10), (16, 2), (100, 10)]
    private static let runs = 3
    /// From one class to the next: more than there are examples, in x, in the moments and in z.
    private static let (margin, wide, wider) = (2, 3, 5)

    private static func random(_ count: Int, _ numbers: inout SeededNumbers) -> [Double] {
        (0..<count).map { _ in Double.random(in: -100...100, using: &numbers) }
    }

    @Test(arguments: shapes) func `z is the scaled difference from the mean, rounded once`(
        examples: Int, classes: Int
    ) {
        var numbers = SeededNumbers(seed: 8)
        let (xStride, stride, zStride) = (examples + Self.margin, examples + Self.wide, examples + Self.wider)
        let x = Self.random(Self.runs * classes * xStride, &numbers)
        let (mean, scale) = (Self.random(stride * classes, &numbers), Self.random(stride * classes, &numbers))
        var z = [Float](repeating: 42, count: Self.runs * classes * zStride)
        withBlock(
            x, stride: xStride, runs: Self.runs, classes: classes, examples: examples, mean: mean, scale: scale,
            momentStride: stride
        ) { ek_standardize($0, $1, &z, zStride) }
        for row in 0..<Self.runs * classes {
            for i in 0..<zStride {
                let at = row % classes * stride + i
                let expected: Float = i < examples ? Float((x[row * xStride + i] - mean[at]) * scale[at]) : 42
                #expect(z[row * zStride + i] == expected)
            }
        }
    }
}
