import CSIMDKernels
import Foundation
import Testing
import TestSupport

struct MemberTermsTests {
    @Test(arguments: [1, 2, 10, 1000], [1, 15, 100])
    func `the terms are log p, p, votes and squares`(classes: Int, count: Int) {
        var numbers = SeededNumbers(seed: UInt64(classes * count))
        // Whole numbers, so that there are ties; some of them far below what a probability can be.
        let x = (0..<classes * count).map { _ in -Double(Int.random(in: 0...4, using: &numbers)) * 200 }
        var terms = [Double](repeating: .nan, count: (3 * classes + 1) * count)
        ek_member_terms(x, classes, count, &terms)
        for i in 0..<count {
            let logs = (0..<classes).map { x[$0 * count + i] }
            let powers = logs.map { $0 < -708 ? 0 : exp($0) }
            let best = logs.firstIndex(of: logs.max()!)!
            for c in 0..<classes {
                #expect(terms[c * count + i] == logs[c])
                #expect(abs(terms[(classes + c) * count + i] - powers[c]) <= 1e-15 * powers[c])
                #expect(terms[(2 * classes + c) * count + i] == (c == best ? 1 : 0))
            }
            let square = powers.reduce(0) { $0 + $1 * $1 }
            #expect(abs(terms[3 * classes * count + i] - square) <= 1e-14 * square)
        }
    }

    @Test func `rows are added where they belong`() {
        var sums = [Double](repeating: 1, count: 12)
        sums.withUnsafeMutableBufferPointer { ek_add_rows($0.baseAddress! + 1, 4, [1, 2, 3, 4, 5, 6], 2, 3, 2) }
        #expect(sums == [1, 3, 5, 1, 1, 7, 9, 1, 1, 11, 13, 1])
    }
}
