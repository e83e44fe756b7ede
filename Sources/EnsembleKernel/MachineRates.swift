import CVectorKernels
import MessagePassing

/// How fast a machine does what a job consists of: what the cost model multiplies by.
public struct MachineRates: Codable, Equatable, Sendable {
    /// Logits that a core transforms and standardises in a second.
    public var logits: Double
    /// Operations of the screen's product, two for each pair of numbers, that a core does in a second.
    public var products: Double
    /// Pairs of numbers that a core multiplies in fixed point in a second.
    public var exactProducts: Double
    /// Bytes that a rank takes part in reducing or gathering in a second.
    public var bytes: Double
    /// Seconds that a collective of all ranks takes, however short.
    public var latency: Double

    /// The rates of one core with AVX-512 and VNNI instructions (Zen 5) and of ranks that share a host's memory.
    public static let typical = MachineRates(
        logits: 0.5e9, products: 0.85e12, exactProducts: 8e9, bytes: 1.5e9, latency: 20e-6)

    /// Measures this machine for some milliseconds, with all ranks at work at once, as they will be.
    /// Collective over `world`: every rank calls it, and all get the rates of the slowest.
    public static func measured(_ screen: Screen, world: Communicator) throws -> MachineRates {
        var seconds = [secondsOfLogit(), secondsOfProduct(screen.element), secondsOfExactProduct()]
        seconds += try secondsOfCommunication(world)
        let slowest = try world.allreduce(seconds, .max)
        return MachineRates(
            logits: 1 / slowest[0], products: 1 / slowest[1], exactProducts: 1 / slowest[2], bytes: 1 / slowest[3],
            latency: slowest[4])
    }

    /// The shortest of several times of a call, in seconds.
    private static func shortest(of times: Int = 2, _ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<times {
            let start = ContinuousClock.now
            try body()
            best = min(best, (ContinuousClock.now - start) / .seconds(1))
        }
        return best
    }

    private static func secondsOfLogit() -> Double {
        let (examples, classes) = (1600, 10)
        let count = examples * classes
        let logits = (0..<count).map { UInt16($0 % 1000 + 0x3800) }  // halves between 0.5 and 1.5
        var x = [Double](repeating: 0, count: count)
        var z = [Float](repeating: 0, count: count)
        let ones = [Double](repeating: 1, count: count)
        return shortest {
            _ = vk_transform(VKLogSoftmax, VKFloat16, logits, examples, classes, &x, examples)
            vk_standardise(x, examples, 1, classes, examples, ones, ones, examples, &z, examples)
        } / Double(count)
    }

    private static func secondsOfProduct<Element: ScreenElement>(_: Element.Type) -> Double {
        let (rows, columns, depth) = (1024, 1024, 1024)
        let (a, b) = ([Element](repeating: 1, count: rows * depth), [Element](repeating: 1, count: columns * depth))
        var products = [Element.Product](repeating: 0, count: rows * columns)
        return shortest {
            Element.multiply(
                a, b, rows: rows, columns: columns, depth: depth, threads: 1, adding: false, into: &products)
        } / Double(2 * rows * columns * depth)
    }

    private static func secondsOfExactProduct() -> Double {
        let (columns, depth) = (400, 240)
        let (a, b) = (AlignedBuffer<Int16>(count: 2 * depth), AlignedBuffer<Int16>(count: 2 * columns * depth))
        a.elements.initialize(repeating: 1)
        b.elements.initialize(repeating: 1)
        let scattered = (0..<Int32(columns)).map { $0 * 7 % Int32(columns) }
        var sums = [Int64](repeating: 0, count: columns)
        return shortest {
            var firsts = [0]
            vk_add_digit_products(
                a.start, 1, b.start, depth, scattered, &firsts, [columns], 0, Int32(columns), &sums)
        } / Double(columns * depth)
    }

    /// Of a byte, and of a call.
    private static func secondsOfCommunication(_ world: Communicator) throws -> [Double] {
        guard world.size > 1 else { return [1 / typical.bytes, typical.latency] }
        var buffer = [Int32](repeating: 1, count: 1 << 18)
        let call = try shortest { try world.barrier() }
        let reduction = try shortest { try world.allreduce(buffer.mutableSpan, .max) }
        // On a busy machine the call without bytes may take longer than the one with them, but bytes are never free.
        return [max(reduction - call, reduction / 4) / Double(4 * buffer.count), call]
    }
}
