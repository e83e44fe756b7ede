import CSIMDKernels
import Testing
import TestSupport

struct TopClassTests {
    private func topClasses(_ logits: StoredLogits, classes: Int) -> [Int32] {
        let examples = logits.values.count / classes
        var top = [Int32](repeating: -1, count: examples)
        logits.bytes.withUnsafeBytes { ek_top_class(logits.element, $0.baseAddress, examples, classes, &top) }
        return top
    }

    @Test(arguments: StoredLogits.elements, [1, 2, 10, 1000])
    func `the first of the largest logits wins`(element: EKElement, classes: Int) {
        var numbers = SeededNumbers(seed: UInt64(classes) + 1)
        for examples in [1, 15, 16, 17, 100] {
            // Few different values, so that most rows have ties.
            let wanted = (0..<examples * classes).map { _ in Double(Int.random(in: -3...3, using: &numbers)) }
            let expected = (0..<examples).map { example in
                let row = Array(wanted[example * classes..<(example + 1) * classes])
                return Int32(row.firstIndex(of: row.max()!)!)
            }
            #expect(topClasses(StoredLogits(wanted, as: element), classes: classes) == expected)
        }
    }

    @Test func `the smallest half is a logit like others`() {
        #expect(topClasses(StoredLogits([-65_504, -65_504, -65_503], as: EKFloat16), classes: 3) == [0])
        #expect(topClasses(StoredLogits([-65_504, -65_472, -65_504], as: EKFloat16), classes: 3) == [1])
    }
}
