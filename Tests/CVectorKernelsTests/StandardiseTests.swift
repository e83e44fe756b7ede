import CVectorKernels
import Testing
import SeededNumbers

struct StandardiseTests {
    private static let counts = [0, 1, 7, 8, 9, 100]

    private static func random(_ count: Int, _ numbers: inout SeededNumbers) -> [Double] {
        (0..<count).map { _ in Double.random(in: -100...100, using: &numbers) }
    }

    @Test(arguments: counts) func `differences and their squares are added`(count: Int) {
        var numbers = SeededNumbers(seed: 7)
        let (x, shift) = (Self.random(count, &numbers), Self.random(count, &numbers))
        var sum = Self.random(count + 1, &numbers)
        var square = Self.random(count + 1, &numbers)
        let before = (sum: sum, square: square)
        vk_accumulate_moments(x, shift, &sum, &square, count)
        for i in 0..<count {
            let difference = x[i] - shift[i]
            // The same bits: every processor rounds the product before the sum.
            #expect(sum[i] == before.sum[i] + difference)
            #expect(square[i] == before.square[i] + difference * difference)
        }
        #expect(sum[count] == before.sum[count] && square[count] == before.square[count])
    }

    @Test(arguments: counts) func `z is the scaled difference from the mean, rounded once`(count: Int) {
        var numbers = SeededNumbers(seed: 8)
        let (x, mean) = (Self.random(count, &numbers), Self.random(count, &numbers))
        let scale = Self.random(count, &numbers)
        var z = [Float](repeating: 42, count: count + 1)
        vk_standardise(x, mean, scale, &z, count)
        let expected = (0..<count).map { Float((x[$0] - mean[$0]) * scale[$0]) }
        #expect(z == expected + [42])
    }
}
