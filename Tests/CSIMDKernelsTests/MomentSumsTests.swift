import CSIMDKernels
import Testing
import TestSupport

struct MomentSumsTests {
    /// From one class to the next: more than there are examples, in x and in the sums.
    private static let (margin, wide) = (2, 3)

    @Test(arguments: [(0, 1), (1, 1), (7, 3), (16, 2), (100, 10)], [1, 3, 16, 28])
    func `differences and their squares are added, and ranges are kept, also of rotated runs`(
        shape: (Int, Int), runs: Int
    ) {
        let (examples, classes) = shape
        var numbers = SeededNumbers(seed: UInt64(runs))
        func random(_ count: Int) -> [Double] { (0..<count).map { _ in Double.random(in: -9...9, using: &numbers) } }
        let (xStride, stride) = (examples + Self.margin, examples + Self.wide)
        let x = random(runs * classes * xStride)
        let (shift, before) = (random(stride * classes), random(stride * classes))
        var (sum, square, least, greatest) = (before, before, before, before)
        let none = [Float](repeating: 0, count: stride * classes)
        var (leastFirst, greatestFirst, greatestOther) = (none, none, none)
        withSums(&sum, &square, &least, &greatest, &leastFirst, &greatestFirst, &greatestOther, stride: stride) {
            sums in
            for first in Swift.stride(from: 0, to: runs, by: 16) {
                x.withUnsafeBufferPointer {
                    let block = EKBlock(
                        x: $0.baseAddress! + first * classes * xStride, stride: xStride, runs: min(16, runs - first),
                        classes: classes, examples: examples)
                    ek_accumulate_moments(block, first, 16, shift, sums)
                }
            }
        }
        for at in 0..<stride * classes {
            let (c, i) = (at / stride, at % stride)
            guard i < examples else {
                #expect(sum[at] == before[at] && greatest[at] == before[at] && greatestFirst[at] == 0)
                continue
            }
            let differences = (0..<runs).map { x[($0 * classes + c) * xStride + i] - shift[at] }
            // The same bits: run after run, and every processor rounds the product before the sum.
            #expect(sum[at] == differences.reduce(before[at], +))
            #expect(square[at] == differences.map { $0 * $0 }.reduce(before[at], +))
            #expect(least[at] == min(before[at], differences.min()!))
            #expect(greatest[at] == max(before[at], differences.max()!))

            // Where groups begin, and what is first in them, has sqrt(group) means in it; smaller groups get the rest.
            let all = rotated(differences)
            var (first, firsts, others) = (0, [0.0], [0.0])
            while first < runs {
                var group = 16
                while group > runs - first { group /= 2 }
                let mean = differences[..<(first + group)].reduce(before[at], +) / Double(first + group)
                firsts.append(all[first] + (4 - Double(group).squareRoot()) * mean)
                others += all[first + 1..<first + group].map { abs($0) }
                first += group
            }
            #expect(abs(Double(leastFirst[at]) - firsts.min()!) < 1e-4)
            #expect(abs(Double(greatestFirst[at]) - firsts.max()!) < 1e-4)
            #expect(abs(Double(greatestOther[at]) - others.max()!) < 1e-4)
        }
    }

    private func withSums(
        _ sum: inout [Double], _ square: inout [Double], _ least: inout [Double], _ greatest: inout [Double],
        _ leastFirst: inout [Float], _ greatestFirst: inout [Float], _ greatestOther: inout [Float], stride: Int,
        _ body: (EKMomentSums) -> Void
    ) {
        sum.withUnsafeMutableBufferPointer { sum in
            square.withUnsafeMutableBufferPointer { square in
                least.withUnsafeMutableBufferPointer { least in
                    greatest.withUnsafeMutableBufferPointer { greatest in
                        leastFirst.withUnsafeMutableBufferPointer { leastFirst in
                            greatestFirst.withUnsafeMutableBufferPointer { greatestFirst in
                                greatestOther.withUnsafeMutableBufferPointer { greatestOther in
                                    body(
                                        EKMomentSums(
                                            sum: sum.baseAddress, square: square.baseAddress, least: least.baseAddress,
                                            greatest: greatest.baseAddress, least_first: leastFirst.baseAddress,
                                            greatest_first: greatestFirst.baseAddress,
                                            greatest_other: greatestOther.baseAddress, stride: stride))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
