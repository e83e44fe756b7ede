import ArrayFiles
import EnsembleKernel
import Ensembles
import MessagePassing
import Testing
import TestSupport
import UserMessages

@MainActor struct MomentsTests {
    private func moments(
        _ logits: [Double], runs: Int, examples: Int, classes: Int, of range: Range<Int>? = nil,
        _ transform: Transform = .raw, _ elementType: ElementType = .float64, threads: Int = 1
    ) throws -> Moments {
        let scratch = try Scratch()
        try RandomEnsemble.write(logits, elementType, shape: [runs, examples, classes], to: scratch("logits.npy"))
        let world = try SharedSession.world()
        return try Moments.overRuns(
            of: Logits(concatenating: ArrayFile.open(scratch("logits.npy"))), examples: range ?? 0..<examples,
            transform: transform, threads: threads, world: world, axis: world)
    }

    private func random(_ count: Int, seed: UInt64) -> [Double] {
        var numbers = SeededNumbers(seed: seed)
        return (0..<count).map { _ in Double(Float16(Double.random(in: -9...9, using: &numbers))) }
    }

    @Test(arguments: Transform.allCases, [ElementType.float16, .float32, .float64])
    func `moments agree with two passes in float64`(transform: Transform, elementType: ElementType) throws {
        for (runs, examples, classes) in [(2, 1, 2), (2, 17, 3), (9, 33, 10), (5, 3, 2000)] {
            let logits = random(runs * examples * classes, seed: UInt64(runs))
            let expected = Oracle.moments(logits, runs: runs, examples: examples, classes: classes, transform)
            for threads in [1, 2] {
                let found = try moments(
                    logits, runs: runs, examples: examples, classes: classes, transform, elementType, threads: threads)
                #expect(found.mean.count == expected.mean.count)
                for place in expected.mean.indices {
                    #expect(abs(found.mean[place] - expected.mean[place]) < 1e-12)
                    let product = found.scale[place] * expected.deviation[place]
                    #expect(expected.deviation[place] > 0 ? abs(product - 1) < 1e-10 : product == 0)
                }
                #expect(found.zeroVariance.outputs == expected.constants)
                for example in 0..<examples {
                    let largest = (0..<runs * classes).reduce(0.0) { largest, row in
                        let place = row % classes * examples + example
                        let x = expected.x[(row / classes * examples + example) * classes + row % classes]
                        let z = (x - expected.mean[place]) / expected.deviation[place]
                        return expected.deviation[place] > 0 ? max(largest, abs(z)) : largest
                    }
                    #expect(abs(found.largest[example] - largest) < 1e-9)
                }
            }
        }
    }

    @Test func `a tiny variance beside a large mean is not lost`() throws {
        var numbers = SeededNumbers(seed: 2)
        // Numbers near 1e9 that differ by multiples of 2^-20, so that the mean squares cancel to nothing.
        let logits = (0..<64).map { _ in 1e9 + Double(Int.random(in: -9...9, using: &numbers)) * 0x1p-20 }
        let found = try moments(logits, runs: 64, examples: 1, classes: 1)
        let differences = logits.map { $0 - 1e9 }
        // Of the rounded mean, as numpy's std.
        let mean = (1e9 + differences.reduce(0, +) / 64) - 1e9
        let deviation = (differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 63).squareRoot()
        // The second of the two classes for which one logit stands.
        #expect(abs(found.scale[1] * deviation - 1) < 1e-12)
    }

    @Test(arguments: [0x1p-52, 0x1p-51, 0x1p-50, 0x1p-40])
    func `z of outputs that hardly differ is no larger than any other`(difference: Double) throws {
        let logits = (0..<16).map { 1 + Double($0 % 2) * difference }
        let found = try moments(logits, runs: 16, examples: 1, classes: 1)
        // The second of the two classes for which one logit stands.
        let z = logits.map { ($0 - found.mean[1]) * found.scale[1] }
        let squares = z.reduce(0) { $0 + $1 * $1 }
        // As numpy's std, which takes the squares from the rounded mean.
        #expect(abs(squares - 15) < 1e-9)
        #expect(z.allSatisfy { abs($0) <= found.largest[0] * (1 + 1e-12) })
        #expect(found.largest[0] <= 15 / 16.0.squareRoot())
    }

    @Test func `a first run far from all others costs few digits`() throws {
        let logits = [1e6] + (0..<999).map { Double($0 % 7) * 1e-3 }
        let found = try moments(logits, runs: 1000, examples: 1, classes: 1)
        let expected = Oracle.moments(logits, runs: 1000, examples: 1, classes: 1, .raw)
        #expect(abs(found.scale[1] * expected.deviation[0] - 1) < 1e-12)
        #expect(abs(found.mean[1] / expected.mean[0] - 1) < 1e-12)
    }

    @Test func `what is the same in all runs is counted and gets no weight`() throws {
        let (runs, examples, classes) = (5, 4, 3)
        var logits = random(runs * examples * classes, seed: 4)
        for (example, c) in [(0, 0), (2, 1), (3, 2)] {
            for run in 0..<runs { logits[(run * examples + example) * classes + c] = 0.1 }
        }
        let found = try moments(logits, runs: runs, examples: examples, classes: classes)
        #expect(found.zeroVariance == ZeroVariance(outputs: 3, examples: 3))
        let constants = found.scale.indices.filter { found.scale[$0] == 0 }
        #expect(constants == [0, 6, 11])  // class-major: 0, 1 * 4 + 2, 2 * 4 + 3
    }

    @Test func `the likeliest class has the largest mean, the first of those that have it`() throws {
        let (runs, examples, classes) = (3, 40, 5)
        var logits = random(runs * examples * classes, seed: 7)
        // Example 1 is the same in all classes.
        for place in logits.indices where place / classes % examples == 1 { logits[place] = 2 }
        let found = try moments(logits, runs: runs, examples: examples, classes: classes)
        let expected = (0..<examples).map { example in
            (0..<classes).map { found.mean[$0 * examples + example] }
        }
        #expect(found.likeliestClasses(of: found.examples) == expected.map { $0.firstIndex(of: $0.max()!)! })
        #expect(found.likeliestClasses(of: 1..<2) == [0])
    }

    @Test func `log-probabilities that differ beyond all digits are constant, those just before are not`() throws {
        let leads: [Double] = [300, 310, 400, 410]
        // Two examples of two classes in two runs: the lead of class 0 is 300 and 310, then 400 and 410.
        let found = try moments(
            [leads[0], 0, leads[2], 0, leads[1], 0, leads[3], 0], runs: 2, examples: 2, classes: 2, .logSoftmax)
        let expected = Oracle.moments([leads[0], 0, leads[1], 0], runs: 2, examples: 1, classes: 2, .logSoftmax)
        #expect(abs(found.scale[0] * expected.deviation[0] - 1) < 1e-12)
        #expect(found.scale[1] == 0 && found.scale[2] > 0 && found.scale[3] > 0)
        #expect(found.zeroVariance == ZeroVariance(outputs: 1, examples: 1))
    }

    @Test func `some examples have the moments that they have among all`() throws {
        let (runs, examples, classes) = (6, 50, 3)
        let logits = random(runs * examples * classes, seed: 5)
        let all = try moments(logits, runs: runs, examples: examples, classes: classes, .logSoftmax)
        for range in [0..<50, 7..<23, 49..<50, 20..<20] {
            let some = try moments(
                logits, runs: runs, examples: examples, classes: classes, of: range, .logSoftmax, threads: 2)
            #expect(some.examples == range)
            let places = (0..<classes).flatMap { c in range.map { c * examples + $0 } }
            #expect(some.mean == places.map { all.mean[$0] } && some.scale == places.map { all.scale[$0] })
        }
    }

    @Test(arguments: Transform.allCases)
    func `fingerprints tell what the numbers of a file stand for`(transform: Transform) throws {
        let scratch = try Scratch()
        let numbers = random(4 * 5 * 3, seed: 7).map { ($0 + 9) / 18 }
        try RandomEnsemble.write(numbers, .float64, shape: [4, 5, 3], to: scratch("logits.npy"))
        func fingerprint(_ inputs: LogitsInput) throws -> String {
            try Logits(concatenating: ArrayFile.open(scratch("logits.npy")), as: inputs)
                .fingerprint(transform: transform, threads: 1, world: SharedSession.world())
        }
        #expect(try fingerprint(.logits) != fingerprint(.probabilities))
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `a logit that is not finite is named by file, run, example and class`(value: Double) throws {
        let (runs, examples, classes) = (4, 37, 3)
        for place in [0, 1, 16 * 3 + 2, 2 * 37 * 3 + 36 * 3 + 1, runs * examples * classes - 1] {
            var logits = random(runs * examples * classes, seed: 6)
            logits[place] = value
            let (run, rest) = place.quotientAndRemainder(dividingBy: examples * classes)
            let failure = #expect(throws: AgreedFailure.self) {
                try moments(logits, runs: runs, examples: examples, classes: classes, .logSoftmax, .float16, threads: 2)
            }
            #expect(failure?.exitCode.rawValue == 65)
            let place = "logits.npy[\(run), \(rest / classes), \(rest % classes)]"
            let position = value == -.infinity ? "\(place) is -inf in run \(run)" : "is not finite: \(run) ("
            #expect(failure?.description.contains(place) == true)
            #expect(failure?.description.contains(position) == true, "\(String(describing: failure))")
        }
    }
}
