import CSIMDKernels
import Foundation
import Testing
import TestSupport

struct InputsTests {
    private static func read(_ inputs: EKInputs, _ stored: StoredLogits, isBinary: Bool = false) -> [Double] {
        let count = stored.values.count
        var logits = [Double](repeating: 0, count: isBinary ? 2 * count : count)
        stored.bytes.withUnsafeBytes {
            ek_read_inputs(inputs, stored.element, $0.baseAddress, count, isBinary, &logits)
        }
        return logits
    }

    /// The smallest positive number of each type.
    private static let least = [
        EKFloat16: Double(Float16.leastNonzeroMagnitude), EKBFloat16: Double(Float(bitPattern: 1 << 16)),
        EKFloat32: Double(Float.leastNonzeroMagnitude), EKFloat64: Double.leastNonzeroMagnitude,
    ]

    private static func isClose(_ x: Double, _ expected: Double, _ tolerance: Double = 4e-16) -> Bool {
        x == expected || abs(x - expected) <= tolerance * abs(expected)
    }

    @Test(arguments: StoredLogits.elements)
    func `logarithms of probabilities are those of the C library`(element: EKElement) throws {
        var numbers = SeededNumbers(seed: 3)
        let tiny: [Double] = [1, 0.5, 0.7071, 0.7072, 0.999, 1e-3, 1e-7, 1e-30, 1e-44, 1e-300, .leastNonzeroMagnitude]
        for count in [1, 15, 16, 17, 300] {
            let wanted =
                tiny.prefix(count)
                + (tiny.count..<max(tiny.count, count)).map { _ in
                    Double.random(in: 0...1, using: &numbers)
                }
            let stored = StoredLogits(Array(wanted), as: element)
            let least = log(try #require(Self.least[element]))
            for (x, p) in zip(Self.read(EKProbabilities, stored), stored.values) {
                #expect(Self.isClose(x, p > 0 ? log(p) : least), "\(p)")
            }
        }
    }

    @Test(arguments: StoredLogits.elements)
    func `what is zero counts as the smallest number, and what is no probability as none`(element: EKElement) throws {
        let stored = StoredLogits([0, -0.0, 1.00001, -0.00001, 1.1, -0.1, .nan, .infinity, 2], as: element)
        let x = Self.read(EKProbabilities, stored)
        let least = log(try #require(Self.least[element]))
        #expect(Self.isClose(x[0], least) && x[1] == x[0] && Self.isClose(x[3], least))
        #expect(abs(x[2]) < 1e-4)
        #expect(x[4...].allSatisfy { $0.isNaN })
        let logarithms = StoredLogits([-.infinity, -3, 0, 0.00001, .nan, .infinity, 0.1, 3], as: element)
        let same = Self.read(EKLogProbabilities, logarithms)
        #expect(Self.isClose(same[0], least) && same[1] == -3 && same[2] == 0)
        #expect(abs(same[3]) < 1e-4)
        #expect(same[4...].allSatisfy { $0.isNaN })
    }

    @Test(arguments: StoredLogits.elements)
    func `one number stands for two classes`(element: EKElement) throws {
        let least = log(try #require(Self.least[element]))
        let x = StoredLogits([-3, 0.25, 7], as: element)
        #expect(Self.read(EKLogits, x, isBinary: true) == [0, -3, 0, 0.25, 0, 7])
        let p = StoredLogits([0.25, 1, 0, 0.75], as: element)
        let ofP = [log(0.75), log(0.25), least, 0, 0, least, log(0.25), log(0.75)]
        #expect(zip(Self.read(EKProbabilities, p, isBinary: true), ofP).allSatisfy { Self.isClose($0, $1) })
        let logs = StoredLogits([-0.6931, -0.000001, -40, 0, -.infinity], as: element)
        let read = Self.read(EKLogProbabilities, logs, isBinary: true)
        for (place, value) in logs.values.enumerated() {
            #expect(read[2 * place + 1] == (value == -.infinity ? read[9] : value))
            #expect(Self.isClose(read[2 * place], value == 0 ? least : log(-expm1(value)), 1e-10))
        }
    }
}
