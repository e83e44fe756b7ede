import CSIMDKernels
import Foundation
import Testing
import TestSupport

struct CertaintyTermsTests {
    @Test(arguments: [1, 2, 10, 1000], [1, 15, 100])
    func `terms are logits, their softmax, the vote and the entropy`(classes: Int, count: Int) {
        var numbers = SeededNumbers(seed: UInt64(classes * count))
        let x = (0..<classes * count).map { _ in Double.random(in: -30...30, using: &numbers) }
        let terms = Self.terms(x, classes: classes, count: count)
        #expect(Array(terms[..<(classes * count)]) == x)
        for i in 0..<count {
            let own = (0..<classes).map { x[$0 * count + i] }
            let sum = own.reduce(0) { $0 + exp($1) }
            for c in 0..<classes {
                #expect(abs(terms[(classes + c) * count + i] - exp(own[c]) / sum) < 1e-14)
                #expect(terms[(2 * classes + c) * count + i] == (own[c] == own.max() ? 1 : 0))
            }
            let expected = own.reduce(0) { $0 - exp($1) / sum * ($1 - log(sum)) }
            let entropy = terms[3 * classes * count + i]
            #expect(abs(entropy - expected) < 1e-12, "\(entropy) \(expected)")
        }
    }

    private static func terms(_ x: [Double], classes: Int, count: Int) -> [Double] {
        var terms = [Double](repeating: .nan, count: (3 * classes + 1) * count)
        var scratch = [Double](repeating: .nan, count: 2 * count)
        ek_certainty_terms(x, classes, count, &terms, &scratch)
        return terms
    }

    @Test func `the smallest of the most likely classes has the vote`() {
        let certain = Self.terms([-1e300, 5, -1e300], classes: 3, count: 1)
        #expect(certain == [-1e300, 5, -1e300, 0, 1, 0, 0, 1, 0, 0])
        let equal = Self.terms([7, 7, 7], classes: 3, count: 1)
        #expect(Array(equal[6..<9]) == [1, 0, 0] && abs(equal[9] - log(3)) < 1e-15)
    }
}
