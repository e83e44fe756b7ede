import CSIMDKernels
import EnsembleTraining
import Foundation
import RandomStreams
import Testing

@Suite struct TrainingKernelsTests {
    private func halves(_ values: [Float]) -> (bits: [UInt16], areFinite: Bool) {
        var bits = [UInt16](repeating: 0, count: values.count)
        let areFinite = ek_round_to_half(values, &bits, values.count)
        return (bits, areFinite)
    }

    @Test func `every float16 value and every tie between two is rounded as Swift rounds it`() {
        var values: [Float] = []
        for bits in 0..<UInt16(0x7bff) {
            let lower = Float(Float16(bitPattern: bits))
            let middle = (lower + Float(Float16(bitPattern: bits + 1))) / 2
            values += [lower, middle.nextDown, middle, middle.nextUp]
        }
        values.append(65_504)
        values += values.map { -$0 }
        let rounded = halves(values)
        #expect(rounded.areFinite)
        #expect(rounded.bits == values.map { Float16($0).bitPattern })
    }

    @Test func `random floats are rounded as Swift rounds them, and large ones saturate`() {
        var numbers = RandomNumbers(seed: 4, run: 0)
        let values = (0..<100_000).map { _ in Float(bitPattern: UInt32(truncatingIfNeeded: numbers.next())) }
            .filter(\.isFinite)
        let expected = values.map { Float16(min(max($0, -65_504), 65_504)).bitPattern }
        #expect(halves(values).bits == expected)
        #expect(halves([65_519, 65_520, 1e30, -.greatestFiniteMagnitude]).bits == [0x7bff, 0x7bff, 0x7bff, 0xfbff])
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func `a value that is not finite is reported`(_ value: Float) {
        for place in [0, 17, 99] {
            var values = [Float](repeating: 1, count: 100)
            values[place] = value
            #expect(!halves(values).areFinite)
        }
    }

    @Test func `the gradient of cross-entropy is the softmax minus the label`() {
        let logits: [Float] = [1, 2, 3, -4, 0, 0, 0, 0, 800, -800, 0, 2]
        let labels: [Int32] = [1, 3, 0]
        var gradient = [Float](repeating: 0, count: 12)
        ek_cross_entropy_gradient(logits, labels, 3, 4, &gradient)
        let targets: [Float] = [0.1, 0.2, 0.3, 0.4, 0, 0, 0, 1, 0.25, 0.25, 0.5, 0]
        var soft = [Float](repeating: 0, count: 12)
        ek_soft_cross_entropy_gradient(logits, targets, 3, 4, &soft)
        for row in 0..<3 {
            let values = logits[(row * 4)..<(row * 4 + 4)].map(Double.init)
            let exponentials = values.map { exp($0 - values.max()!) }
            for column in 0..<4 {
                let softmax = exponentials[column] / exponentials.reduce(0, +)
                let expected = (softmax - (Int32(column) == labels[row] ? 1 : 0)) / 3
                #expect(abs(Double(gradient[row * 4 + column]) - expected) < 1e-7)
                let ofTarget = (softmax - Double(targets[row * 4 + column])) / 3
                #expect(abs(Double(soft[row * 4 + column]) - ofTarget) < 1e-7)
            }
        }
    }

    @Test func `standardized images have mean 0 and deviation 1 in every channel`() {
        var numbers = RandomNumbers(seed: 5, run: 0)
        let (images, features, channels) = (50, 4 * 5 * 3, 3)
        // The second channel spans a tenth of the range; the third is constant.
        let pixels = (0..<(images * features)).map { index -> UInt8 in
            [UInt8(numbers.next(below: 256)), UInt8(100 + numbers.next(below: 26)), 77][index % channels]
        }
        let standardization = InputStandardization(images: pixels, features: features, channels: channels)
        var inputs = [Float](repeating: .nan, count: images * features)
        let order = (0..<Int32(images)).reversed()
        standardization.gather(Array(order)[...], of: pixels, into: &inputs)
        for channel in 0..<channels {
            let values = stride(from: channel, to: inputs.count, by: channels).map { Double(inputs[$0]) }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
            #expect(abs(mean) < 1e-5)
            #expect(abs(variance - (channel == 2 ? 0 : 1)) < 1e-4)
        }
        // The last image comes first: larger bytes give larger inputs at the same places.
        let (first, second) = (pixels[(images - 1) * features], pixels[(images - 2) * features])
        #expect((first < second) == (inputs[0] < inputs[features]))
    }

    @Test func `noise has its deviation and depends on its key and place alone`() {
        func noise(_ key: UInt64, _ count: Int, _ deviation: Float = 1) -> [Float] {
            var values = [Float](repeating: 0, count: count)
            ek_add_noise(&values, count, key, deviation)
            return values
        }
        let values = noise(7, 100_000)
        func moment(_ power: Int) -> Double {
            values.reduce(0) { sum, x in sum + (0..<power).reduce(1) { product, _ in product * Double(x) } } / 100_000
        }
        // The sum of four uniform numbers has a fourth moment of 2.7.
        #expect(abs(moment(1)) < 0.015 && abs(moment(2) - 1) < 0.02 && abs(moment(3)) < 0.04)
        #expect(abs(moment(4) - 2.7) < 0.08)
        #expect(values.allSatisfy { abs($0) < 3.46 })
        #expect(noise(7, 33) == Array(values[..<33]))
        for other in [8, 7 + 1 << 32, .max] as [UInt64] {
            let correlation = zip(values, noise(other, 100_000)).reduce(0) { $0 + Double($1.0 * $1.1) } / 100_000
            #expect(abs(correlation) < 0.015, "key \(other)")
        }
        let neighbors = zip(values, values.dropFirst()).reduce(0) { $0 + Double($1.0 * $1.1) } / 100_000
        #expect(abs(neighbors) < 0.015)
        var added: [Float] = [5, -5]
        ek_add_noise(&added, 2, 7, 2)
        #expect(abs(added[0] - 5 - 2 * values[0]) < 1e-5 && abs(added[1] + 5 - 2 * values[1]) < 1e-5)
    }
}
