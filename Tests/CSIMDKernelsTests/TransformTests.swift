import CSIMDKernels
import Foundation
import Testing
import TestSupport

struct TransformTests {
    /// x (C, M) of logits (M, C) by the C library's functions, one row after the other.
    private static func expected(_ transform: EKTransform, _ logits: [Double], classes: Int) -> [Double] {
        let examples = logits.count / classes
        var x = [Double](repeating: 0, count: logits.count)
        for example in 0..<examples {
            let row = Array(logits[example * classes..<(example + 1) * classes])
            let top = row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
            let others = row.indices.filter { $0 != top }.map { exp(row[$0] - row[top]) }.sorted().reduce(0, +)
            for c in 0..<classes {
                let difference = row[c] - row[top]
                x[c * examples + example] =
                    switch transform {
                    case EKRaw: row[c]
                    case EKSoftmax: exp(difference) / (1 + others)
                    case EKMinusMax: difference
                    case EKCentered: difference - row.reduce(0) { $0 + ($1 - row[top]) } / Double(classes)
                    default: difference - log1p(others)
                    }
            }
        }
        return x
    }

    /// What the loops make of the logits, and whether they call them finite; places not written stay `untouched`.
    private static func transformed(
        _ transform: EKTransform, _ logits: StoredLogits, classes: Int, stride: Int? = nil
    ) -> (x: [Double], areFinite: Bool) {
        let examples = logits.values.count / classes
        let stride = stride ?? examples
        var x = [Double](repeating: untouched, count: classes * stride)
        let found = logits.bytes.withUnsafeBytes {
            ek_transform(transform, logits.element, $0.baseAddress, examples, classes, &x, stride)
        }
        return (x, found == EKAllFinite)
    }

    private static let untouched = 12_345.0

    private static func largestRelativeError(_ x: [Double], _ expected: [Double]) -> Double {
        zip(x, expected).map { $0 == $1 ? 0 : abs($0 - $1) / max(abs($1), .leastNormalMagnitude) }.max() ?? .nan
    }

    @Test(arguments: StoredLogits.elements, [1, 2, 3, 10, 1000])
    func `every transform agrees with the C library for any number of examples`(element: EKElement, classes: Int) {
        var numbers = SeededNumbers(seed: UInt64(classes))
        for examples in [1, 15, 16, 17, 100] {
            let wanted = (0..<examples * classes).map { _ in Double.random(in: -12...12, using: &numbers) }
            let logits = StoredLogits(wanted, as: element)
            for transform in [EKRaw, EKSoftmax, EKLogSoftmax, EKMinusMax] {
                let found = Self.transformed(transform, logits, classes: classes)
                #expect(found.areFinite)
                let error = Self.largestRelativeError(
                    found.x, Self.expected(transform, logits.values, classes: classes))
                #expect(error < (transform == EKRaw ? 0x1p-1000 : 1e-13), "\(transform) of \(examples) examples")
            }
        }
    }

    @Test(arguments: StoredLogits.elements, [1, 2, 10, 1000])
    func `centered logits add up to 0, whatever they have in common`(element: EKElement, classes: Int) {
        var numbers = SeededNumbers(seed: UInt64(classes))
        for common in [0, 1000.0] {
            let wanted = (0..<17 * classes).map { _ in common + Double.random(in: -12...12, using: &numbers) }
            let logits = StoredLogits(wanted, as: element)
            let found = Self.transformed(EKCentered, logits, classes: classes)
            let expected = Self.expected(EKCentered, logits.values, classes: classes)
            #expect(found.areFinite && zip(found.x, expected).allSatisfy { abs($0 - $1) < 1e-12 })
        }
    }

    @Test(arguments: StoredLogits.elements)
    func `the logarithm of a confident top class keeps its digits`(element: EKElement) {
        // float32, and 1 + s in float64, give exactly 0 for most of these.
        let gaps: [Double] = [0, 1e-4, 1, 10, 16, 20, 30, 36, 37, 40, 100, 400, 700]
        for gap in gaps {
            let logits = StoredLogits([0, gap, -gap, -3 * gap], as: element)
            let top = Self.transformed(EKLogSoftmax, logits, classes: 4).x[1]
            let expected = Self.expected(EKLogSoftmax, logits.values, classes: 4)[1]
            #expect(top < 0)
            #expect(abs(top - expected) <= 1e-14 * abs(expected), "gap \(gap): \(top), not \(expected)")
        }
    }

    @Test func `differences beyond the range of exp vanish without a trace`() {
        for element in StoredLogits.elements {
            for gap in [712.0, 745, 10_000, 65_504] {
                let logits = StoredLogits([gap, 0, -gap], as: element)
                let gaps = logits.values.map { $0 - logits.values[0] }
                #expect(Self.transformed(EKLogSoftmax, logits, classes: 3).x == gaps)
                #expect(Self.transformed(EKSoftmax, logits, classes: 3).x == [1, 0, 0])
            }
        }
    }

    @Test func `equal logits share the probability`() {
        let logits = StoredLogits([Double](repeating: -7.5, count: 5) + [3, 3, 3, -60_000, -60_000], as: EKFloat16)
        let (probabilities, _) = Self.transformed(EKSoftmax, logits, classes: 5)
        let expected = [0.2, 0.2, 0.2, 0.2, 0.2] + [1.0 / 3, 1.0 / 3, 1.0 / 3, 0, 0]
        for c in 0..<5 {
            for example in 0..<2 {
                #expect(abs(probabilities[c * 2 + example] - expected[example * 5 + c]) < 1e-16)
            }
        }
    }

    @Test func `the log-softmax of one class is zero`() {
        let logits = StoredLogits([-65_504, 0, 65_504], as: EKFloat16)
        #expect(Self.transformed(EKLogSoftmax, logits, classes: 1).x == [0, 0, 0])
        #expect(Self.transformed(EKSoftmax, logits, classes: 1).x == [1, 1, 1])
    }

    @Test func `every half becomes the double that Swift makes of it`() {
        let halves = (0...UInt16.max).map { Float16(bitPattern: $0) }
        for half in halves where !half.isFinite {
            let found = Self.transformed(EKRaw, StoredLogits([Double(half)], as: EKFloat16), classes: 1)
            #expect(!found.areFinite)
        }
        let finite = halves.filter(\.isFinite)
        var x = [Double](repeating: 0, count: finite.count)
        let found = finite.withUnsafeBytes {
            ek_transform(EKRaw, EKFloat16, $0.baseAddress, finite.count, 1, &x, x.count)
        }
        #expect(found == EKAllFinite)
        #expect(x.map(\.bitPattern) == finite.map { Double($0).bitPattern })
    }

    @Test func `every bfloat becomes the double of its float`() {
        let bfloats = (0...UInt16.max).filter { Float(bitPattern: UInt32($0) << 16).isFinite }
        var x = [Double](repeating: 0, count: bfloats.count)
        let found = bfloats.withUnsafeBytes {
            ek_transform(EKRaw, EKBFloat16, $0.baseAddress, bfloats.count, 1, &x, x.count)
        }
        #expect(found == EKAllFinite)
        #expect(x.map(\.bitPattern) == bfloats.map { Double(Float(bitPattern: UInt32($0) << 16)).bitPattern })
    }

    @Test(arguments: [EKRaw, EKSoftmax, EKLogSoftmax], [Double.nan, .infinity, -.infinity])
    func `a logit that is not finite is found wherever it stands`(transform: EKTransform, value: Double) {
        let (examples, classes) = (37, 3)
        for element in StoredLogits.elements {
            for place in 0..<examples * classes {
                var wanted = [Double](repeating: 1, count: examples * classes)
                wanted[place] = value
                let found = Self.transformed(transform, StoredLogits(wanted, as: element), classes: classes)
                #expect(!found.areFinite, "\(value) at \(place)")
            }
        }
    }

    @Test func `nothing is written beyond the examples of a wider row`() {
        var numbers = SeededNumbers(seed: 5)
        for examples in [1, 16, 19] {
            let wanted = (0..<examples * 4).map { _ in Double.random(in: -5...5, using: &numbers) }
            let logits = StoredLogits(wanted, as: EKFloat32)
            let dense = Self.transformed(EKLogSoftmax, logits, classes: 4).x
            let wide = Self.transformed(EKLogSoftmax, logits, classes: 4, stride: examples + 7).x
            for c in 0..<4 {
                let row = wide[c * (examples + 7)..<(c + 1) * (examples + 7)]
                #expect(Array(row.prefix(examples)) == Array(dense[c * examples..<(c + 1) * examples]))
                #expect(row.dropFirst(examples).allSatisfy { $0 == Self.untouched })
            }
        }
    }

    @Test(arguments: StoredLogits.elements)
    func `a class that is -infinity has no part in the others, and is a constant itself`(element: EKElement) {
        var numbers = SeededNumbers(seed: 9)
        let (examples, classes) = (150, 5)
        // But for every seventh, examples have one masked class of the first four, and the last one.
        func isMasked(_ example: Int, _ c: Int) -> Bool { example % 7 != 0 && (c == example % 4 || c == 4) }
        let wanted = (0..<examples * classes).map { _ in Double.random(in: -9...9, using: &numbers) }
        let masked = wanted.indices.map { isMasked($0 / classes, $0 % classes) ? -.infinity : wanted[$0] }
        let logits = StoredLogits(masked, as: element)
        let constants = [EKRaw: EK_MASKED_LOGIT, EKSoftmax: 0, EKLogSoftmax: EK_MASKED_LOG_PROBABILITY]
        for transform in [EKRaw, EKSoftmax, EKLogSoftmax] {
            var x = [Double](repeating: 0, count: classes * examples)
            let found = logits.bytes.withUnsafeBytes {
                ek_transform(transform, element, $0.baseAddress, examples, classes, &x, examples)
            }
            #expect(found == EKSomeMasked)
            for example in 0..<examples {
                let left = (0..<classes).filter { !isMasked(example, $0) }
                let alone = Self.transformed(
                    transform,
                    StoredLogits(left.map { logits.values[example * classes + $0] }, as: element), classes: left.count)
                for c in 0..<classes {
                    let expected = left.firstIndex(of: c).map { alone.x[$0] } ?? constants[transform]
                    #expect(x[c * examples + example] == expected)
                }
            }
        }
        #expect(abs(EK_MASKED_LOG_PROBABILITY - log(.leastNormalMagnitude)) < 1e-12)
    }

    @Test func `an example all of whose classes are -infinity, or one of which is NaN besides, is not finite`() {
        for row in [
            [-Double.infinity, -.infinity], [-.infinity, .nan], [-.infinity, .infinity], [-.infinity, 1e101],
        ] {
            for transform in [EKRaw, EKSoftmax, EKLogSoftmax] {
                var x = [0.0, 0, 0, 0]
                let found = ([1, 2] + row).withUnsafeBytes {
                    ek_transform(transform, EKFloat64, $0.baseAddress, 2, 2, &x, 2)
                }
                #expect(found == EKNotFinite)
            }
        }
    }

    @Test func `an example's bits do not depend on its neighbors in the block`() {
        var numbers = SeededNumbers(seed: 6)
        let classes = 10
        let wanted = (0..<40 * classes).map { _ in Double.random(in: -30...30, using: &numbers) }
        let together = Self.transformed(EKLogSoftmax, StoredLogits(wanted, as: EKFloat16), classes: classes).x
        for example in 0..<40 {
            let row = Array(wanted[example * classes..<(example + 1) * classes])
            let alone = Self.transformed(EKLogSoftmax, StoredLogits(row, as: EKFloat16), classes: classes).x
            #expect(alone == (0..<classes).map { together[$0 * 40 + example] })
        }
    }
}
