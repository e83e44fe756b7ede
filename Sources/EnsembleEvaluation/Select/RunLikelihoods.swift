import CSIMDKernels
import EnsembleKernel
import Ensembles
import MessagePassing
import ParallelRanges
import Platform
import Synchronization

/// What every run of a pool says of the labeled examples: the probability of the label, and the most likely class. All
/// that choosing and weighting runs by likelihood takes.
///
/// The examples are in blocks whose bounds do not depend on the number of ranks, and a rank has some of the blocks.
/// Sums over examples are sums of the blocks' sums, in the order of the blocks: the same on any number of ranks.
struct RunLikelihoods {
    /// Some consecutive labeled examples.
    struct Block: Sendable {
        let runs: Int
        /// Places of the examples among all labeled ones.
        let places: Range<Int>
        /// The probability of the label, shape (R, examples).
        let probabilities: [Double]
        /// The most likely class, the smallest of equally likely ones, shape (R, examples).
        let predictions: [Int32]

        /// Where an example of a run is in the arrays, from its place among the labeled examples.
        func index(_ run: Int, _ place: Int) -> Int { run * places.count + place - places.lowerBound }
    }

    /// Number of runs R.
    let runs: Int
    let blocks: [Block]
    let world: Communicator
    let threads: Int

    /// The largest number of blocks: that of ranks and threads which can share the work.
    private static let mostBlocks = 64

    /// Reads all runs once. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `AgreedFailure` on every rank if the memory is too small (64), a logit is not finite (65), or (75) the
    ///   job is asked to stop; `MPIError`.
    init(of pool: EvaluatedPool, world: Communicator, threads: Int, memory: Int) throws {
        (runs, self.world, self.threads) = (pool.logits.runs, world, threads)
        let all = Partition(pool.logits.examples, min(Self.mostBlocks, pool.logits.examples))
        let own = Partition(all.counts.count, world.size).range(of: world.rank)
        blocks = try world.agree {
            let examples = own.reduce(0) { $0 + all.range(of: $1).count }
            let needed = examples * pool.logits.runs * (MemoryLayout<Double>.stride + MemoryLayout<Int32>.stride)
            guard needed <= memory else {
                throw KernelError.memoryTooSmall(available: memory, needed: needed, purpose: .evaluation)
            }
            let blocks = try own.map { try Self.block(of: pool, all.range(of: $0), threads: threads) }
            try pool.logits.requireUnchanged()
            return blocks
        }
    }

    private static func block(of pool: EvaluatedPool, _ examples: Range<Int>, threads: Int) throws -> Block {
        let (classes, labels) = (pool.logits.classes, pool.labels)
        let before = labels[..<examples.lowerBound].count(where: \.isClass)
        // The place of each labeled example of the block among these.
        var (places, count) = ([Int?](), 0)
        for label in labels[examples] {
            places.append(label.isClass ? count : nil)
            count += label.isClass ? 1 : 0
        }
        let (placeOf, labeled) = (places, count)
        var probabilities = [Double](repeating: 0, count: pool.logits.runs * labeled)
        var predictions = [Int32](repeating: 0, count: pool.logits.runs * labeled)
        try probabilities.withUnsafeMutableBufferPointer { probabilities in
            try predictions.withUnsafeMutableBufferPointer { predictions in
                // Each thread has its own examples.
                nonisolated(unsafe) let (probabilities, predictions) = (probabilities, predictions)
                try pool.logits.forEachTransformedBlock(
                    of: 0..<pool.logits.runs, examples: examples, by: .logSoftmax, threads: threads
                ) { block in
                    try StopRequest.check()
                    let width = block.stride
                    let terms = AlignedBuffer<Double>(count: (3 * classes + 1) * width)
                    for (row, run) in block.runs.enumerated() {
                        ek_member_terms(block.x + row * classes * width, classes, width, terms.start)
                        for example in 0..<width {
                            let number = block.block.lowerBound + example
                            guard let place = placeOf[number] else { continue }
                            let label = labels[examples.lowerBound + number]
                            probabilities[run * labeled + place] = terms.start[(classes + label) * width + example]
                            let best = (0..<classes).first { terms.start[(2 * classes + $0) * width + example] == 1 }
                            predictions[run * labeled + place] = Int32(best ?? 0)
                        }
                    }
                }
            }
        }
        return Block(
            runs: pool.logits.runs, places: before..<before + labeled, probabilities: probabilities,
            predictions: predictions)
    }

    /// Some of the labeled examples, by their places among these; as places in each block of this rank.
    struct ExampleSet: Sendable {
        let places: [[Int]]
        let count: Int
    }

    func exampleSet(_ examples: some Sequence<Int32>) -> ExampleSet {
        let sorted = examples.sorted()
        let places = blocks.map { block in
            sorted.drop { Int($0) < block.places.lowerBound }.prefix { Int($0) < block.places.upperBound }.map(Int.init)
        }
        return ExampleSet(places: places, count: sorted.count)
    }

    /// For each set of examples the sums over them of some numbers, on every rank. Collective: every rank calls it.
    ///
    /// Many ranks wait for each other at every call, so what is done for several sets is done for all at once.
    ///
    /// - Parameters:
    ///   - counts: How many numbers are summed for each set.
    ///   - ofBlock: The sums over the examples of a block that are in a set, given their places; called from several
    ///     threads.
    func sums(
        over sets: [ExampleSet], counts: [Int],
        _ ofBlock: @escaping @Sendable (Block, _ set: Int, _ places: [Int]) -> [Double]
    ) throws -> [[Double]] {
        var (totals, next) = ([[Double]](), 0)
        while next < sets.count {
            let first = next
            var width = 0
            repeat {
                width += counts[next]
                next += 1
            } while next < sets.count && (width + counts[next]) * Self.mostBlocks <= Self.mostGathered
            totals += try sums(of: first..<next, sets, counts, ofBlock)
        }
        return totals
    }

    /// The largest number of sums of blocks that are gathered at once, if these are more than those of one set.
    private static let mostGathered = 1 << 21

    private func sums(
        of some: Range<Int>, _ sets: [ExampleSet], _ counts: [Int],
        _ ofBlock: @escaping @Sendable (Block, _ set: Int, _ places: [Int]) -> [Double]
    ) throws -> [[Double]] {
        let (blocks, threads) = (blocks, threads)
        let own = try world.agree {
            try StopRequest.check()
            let sums = Mutex([[Double]](repeating: [], count: blocks.count))
            concurrently(over: blocks.count, threads: threads) { range in
                for block in range {
                    let found = some.flatMap { ofBlock(blocks[block], $0, sets[$0].places[block]) }
                    sums.withLock { $0[block] = found }
                }
            }
            return sums.withLock { $0.flatMap(\.self) }
        }
        // Rank 0 adds up what all have, in their order.
        var total = [Double](repeating: 0, count: counts[some].reduce(0, +))
        for values in try world.gather(own, root: 0) ?? [] {
            for (place, value) in values.enumerated() { total[place % total.count] += value }
        }
        var rest = try world.broadcast(total, root: 0)[...]
        return counts[some].map { count in
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
    }
}
