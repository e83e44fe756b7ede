import CVectorKernels
import Testing
import SeededNumbers

struct StandardiseTests {
    private static let shapes = [(0, 1), (1, 1), (7, 3), (8, 1), (9, 10), (16, 2), (100, 10)]
    /// From one class to the next: more than there are examples, in x, in the moments and in z.
    private static let (margin, wide, wider) = (2, 3, 5)

    private static func random(_ count: Int, _ numbers: inout SeededNumbers) -> [Double] {
        (0..<count).map { _ in Double.random(in: -100...100, using: &numbers) }
    }

    @Test(arguments: shapes) func `differences and their squares are added, and their range is kept`(
        examples: Int, classes: Int
    ) {
        var numbers = SeededNumbers(seed: 7)
        let (xStride, stride) = (examples + Self.margin, examples + Self.wide)
        let x = Self.random(xStride * classes, &numbers)
        let (shift, before) = (Self.random(stride * classes, &numbers), Self.random(stride * classes, &numbers))
        var (sum, square, least, greatest) = (before, before, before, before)
        vk_accumulate_moments(x, xStride, classes, examples, shift, &sum, &square, &least, &greatest, stride)
        for c in 0..<classes {
            for i in 0..<stride {
                let at = c * stride + i
                guard i < examples else {
                    #expect(sum[at] == before[at] && greatest[at] == before[at])
                    continue
                }
                let difference = x[c * xStride + i] - shift[at]
                // The same bits: every processor rounds the product before the sum.
                #expect(sum[at] == before[at] + difference)
                #expect(square[at] == before[at] + difference * difference)
                #expect(least[at] == min(before[at], difference) && greatest[at] == max(before[at], difference))
            }
        }
    }

    @Test(arguments: shapes) func `z is the scaled difference from the mean, rounded once, either way round`(
        examples: Int, classes: Int
    ) {
        var numbers = SeededNumbers(seed: 8)
        let (xStride, stride, zStride) = (examples + Self.margin, examples + Self.wide, examples + Self.wider)
        let x = Self.random(xStride * classes, &numbers)
        let (mean, scale) = (Self.random(stride * classes, &numbers), Self.random(stride * classes, &numbers))
        var z = [Float](repeating: 42, count: zStride * classes)
        vk_standardise(x, xStride, classes, examples, mean, scale, stride, &z, zStride)
        let rowLength = classes + Self.wider
        var transposed = [Float](repeating: 42, count: rowLength * examples)
        vk_standardise_transposed(x, xStride, classes, examples, mean, scale, stride, &transposed, rowLength)
        for c in 0..<rowLength {
            for i in 0..<zStride {
                let isWritten = c < classes && i < examples
                let expected: Float =
                    isWritten
                    ? Float((x[c * xStride + i] - mean[c * stride + i]) * scale[c * stride + i]) : 42
                if c < classes { #expect(z[c * zStride + i] == expected) }
                if i < examples { #expect(transposed[i * rowLength + c] == expected) }
            }
        }
    }
}
