import EnsembleKernel
import Testing
import TestSupport

struct SelectionTests {
    @Test(arguments: [1, 2, 3, 10, 101, 1000]) func `the largest stand in front`(count: Int) {
        var numbers = SeededNumbers(seed: UInt64(count))
        for span: Float in [2, 1000] {
            for k in Set([1, 2, count / 2, count - 1, count]) where (1...count).contains(k) {
                // Few different values, so that many equal the pivot.
                var values = (0..<count).map { _ in Float.random(in: 0..<span, using: &numbers).rounded(.down) }
                values[0] = -.infinity
                let sorted = values.sorted(by: >)
                let kth = values.withUnsafeMutableBufferPointer { $0.kthLargest(k) }
                #expect(kth == sorted[k - 1])
                #expect(values[..<k].sorted(by: >) == Array(sorted[..<k]))
                #expect(values.sorted(by: >) == sorted)
            }
        }
    }
}
