import CSIMDKernels
import Ensembles
import MessagePassing
import Platform

/// The speeds of a machine at the operations of a job, from which the cost model computes times.
public struct MachineRates: Codable, Equatable, Sendable {
    /// Logits transformed and standardized per second and core.
    public var logits: Double
    /// Operations of the screen's matrix product per second and core, two for each pair of numbers.
    public var products: Double
    /// Pairs of numbers multiplied in fixed point per second and core.
    public var exactProducts: Double
    /// The largest code in bytes that the processor's products allow: the larger, the fewer pairs must be computed
    /// exactly. If missing, that of the fastest processors.
    public var largestCode: Int?
    /// Bytes that a rank sends and receives per second.
    public var bytes: Double
    /// Seconds per message, however short: a collective of P ranks takes log2 P messages.
    public var latency: Double

    private enum CodingKeys: String, CodingKey {
        case logits, products, exactProducts, bytes, latency
        case largestCode = "largestCount"
    }

    /// The rates of one core with AVX-512 and VNNI instructions (Zen 5), and of ranks that share the memory of a host.
    public static let typical = MachineRates(
        logits: 0.5e9, products: 0.85e12, exactProducts: 8e9, largestCode: 127, bytes: 1.5e9, latency: 20e-6)

    /// Whether all rates are valid divisors.
    public var areSound: Bool {
        [logits, products, exactProducts, bytes, latency].allSatisfy { $0 > 0 && $0.isFinite }
            && 1...127 ~= largestCode ?? 127
    }

    /// Measures this machine for some milliseconds, with all ranks at work at once, as in a job. Collective over
    /// `world`: every rank calls it, and all get the rates of the slowest rank.
    ///
    /// Each rank is assumed to have cores of its own: its work is measured in processor time, which does not grow with
    /// other load on the core.
    ///
    /// - Throws: `MPIError`.
    public static func measured(_ screen: Screen, world: Communicator) throws -> MachineRates {
        var seconds = [secondsOfLogit(), secondsOfProduct(screen.backend), secondsOfExactProduct()]
        seconds += try secondsOfCommunication(world)
        let slowest = try world.allreduce(seconds, .max)
        return MachineRates(
            logits: 1 / slowest[0], products: 1 / slowest[1], exactProducts: 1 / slowest[2],
            largestCode: try world.allreduce(Int8Arithmetic.largestCode, .min), bytes: 1 / slowest[3],
            latency: slowest[4])
    }

    /// Number of calls of each operation, of which the shortest counts: libraries initialize in the first one.
    private static let repetitions = 5

    /// The smallest processor time of several calls, in seconds.
    private static func leastProcessorSeconds(of calls: Int = repetitions, _ body: () -> Void) -> Double {
        (0..<calls).map { _ in
            let start = MPIStatistics.threadSeconds
            body()
            return MPIStatistics.threadSeconds - start
        }.min()!
    }

    /// The smallest wall time of several calls, in seconds.
    private static func leastSeconds(_ body: () throws -> Void) rethrows -> Double {
        try (0..<repetitions).map { _ in
            let start = ContinuousClock.now
            try body()
            return (ContinuousClock.now - start) / .seconds(1)
        }.min()!
    }

    private static func secondsOfLogit() -> Double {
        let (examples, classes) = (1600, 10)
        let count = examples * classes
        let logits = (0..<count).map { UInt16($0 % 1000 + 0x3800) }  // halves between 0.5 and 1.5
        var x = [Double](repeating: 0, count: count)
        var z = [Float](repeating: 0, count: count)
        let ones = [Double](repeating: 1, count: count)
        return leastProcessorSeconds {
            _ = ek_transform(EKLogSoftmax, EKFloat16, logits, examples, classes, &x, examples)
            standardize(x, ones, examples, classes, into: &z)
        } / Double(count)
    }

    private static func standardize(
        _ x: [Double], _ ones: [Double], _ examples: Int, _ classes: Int, into z: inout [Float]
    ) {
        x.withUnsafeBufferPointer { x in
            ones.withUnsafeBufferPointer { ones in
                ek_standardize(
                    EKBlock(x: x.baseAddress, stride: examples, runs: 1, classes: classes, examples: examples),
                    EKStandardization(mean: ones.baseAddress, scale: ones.baseAddress, stride: examples), &z, examples)
            }
        }
    }

    /// The product has a usual depth, but is called only a few times, since it takes longest of all measurements.
    private static func secondsOfProduct(_ backend: any ScreeningBackend.Type) -> Double {
        let (rows, columns, depth) = (1024, 1024, 2048)
        let product = backend.rehearse(rows: rows, columns: columns, depth: depth)
        return leastProcessorSeconds(of: 3, product) / Double(2 * rows * columns * depth)
    }

    /// A few columns for each of scattered rows, as ``PairOrder`` arranges them: columns of a block that stays in
    /// cache, and more rows than fit there.
    private static func secondsOfExactProduct() -> Double {
        let (rows, columns, depth, pairsOfRow) = (2000, 136, 480, 3)
        let a = AlignedBuffer<Int16>(count: 2 * rows * depth)
        let b = AlignedBuffer<Int16>(count: 2 * columns * depth)
        a.elements.initialize(repeating: 1)
        b.elements.initialize(repeating: 1)
        let ofPairs = (0..<rows).flatMap { repeatElement(Int32($0 * 7 % rows), count: pairsOfRow) }
        let scattered = ofPairs.indices.map { Int32($0 * 31 % columns) }
        var sums = [Int64](repeating: 0, count: scattered.count)
        return leastProcessorSeconds {
            ek_add_limb_products(
                EKBothLimbs, a.start, b.start, depth, ofPairs, scattered, scattered.count, &sums)
        } / Double(scattered.count * depth)
    }

    /// Seconds per byte, and per message.
    private static func secondsOfCommunication(_ world: Communicator) throws -> [Double] {
        guard world.size > 1 else { return [1 / typical.bytes, typical.latency] }
        let call = try leastSeconds { try world.barrier() }
        // A buffer large enough to take measurable time, which is small on a slow network, but no larger than needed to
        // exceed the caches.
        var (count, reduction) = (1 << 11, 0.0)
        while count < 1 << 21, reduction < 0.01 {
            count <<= 2
            var buffer = [Int32](repeating: 1, count: count)
            let least = try leastSeconds { try world.allreduce(buffer.mutableSpan, .max) }
            reduction = try world.allreduce(least, .max)
        }
        let ranks = Double(world.size)
        // A reduced buffer circulates among the ranks twice, without the part that a rank has itself.
        let sent = 2 * Double(4 * count) * (ranks - 1) / ranks
        // On a busy machine the call without bytes may take longer than the one with bytes, but bytes are never free.
        return [max(reduction - call, reduction / 4) / sent, call / log2(ranks).rounded(.up)]
    }
}
