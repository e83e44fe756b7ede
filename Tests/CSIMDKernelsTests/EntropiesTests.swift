import CSIMDKernels
import Foundation
import Testing
import TestSupport

struct EntropiesTests {
    @Test(arguments: [1, 2, 10, 1000], [1, 15, 100])
    func `entropies are those of the softmax`(classes: Int, count: Int) {
        var numbers = SeededNumbers(seed: UInt64(classes * count))
        let x = (0..<classes * count).map { _ in Double.random(in: -30...30, using: &numbers) }
        var (entropies, scratch) = (
            [Double](repeating: .nan, count: count), [Double](repeating: .nan, count: 2 * count)
        )
        ek_entropies(x, classes, count, &entropies, &scratch)
        for i in 0..<count {
            let own = (0..<classes).map { x[$0 * count + i] }
            let sum = own.reduce(0) { $0 + exp($1) }
            let expected = own.reduce(0) { $0 - exp($1) / sum * ($1 - log(sum)) }
            #expect(abs(entropies[i] - expected) < 1e-12, "\(entropies[i]) \(expected)")
        }
        // Certain, and equally likely.
        var far = [Double](repeating: -1e300, count: 3)
        far[1] = 5
        ek_entropies(far, 3, 1, &entropies, &scratch)
        #expect(entropies[0] == 0)
        ek_entropies([7, 7, 7], 3, 1, &entropies, &scratch)
        #expect(abs(entropies[0] - log(3)) < 1e-15)
    }
}
