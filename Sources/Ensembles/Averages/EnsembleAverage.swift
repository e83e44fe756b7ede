import MessagePassing
import ParallelRanges

/// The ensembles' predictions for the test examples, and the runs' numbers of correct ones.
///
/// There are two different ensembles: one averages the logits, the other the probabilities.
public struct EnsembleAverage: Sendable {
    /// The most likely class of each example by the mean of the logits over the runs; the smallest class wins ties.
    public let logitsPrediction: [Int]
    /// The most likely class of each example by the mean of the probabilities over the runs; the smallest class wins
    /// ties.
    public let probabilitiesPrediction: [Int]
    /// Numbers of correct predictions of each run, and for each example; nil without labels.
    public let correct: CorrectCounts?

    /// Averages over all runs, in their order. Collective over `world`: every rank calls it, and averages its share of
    /// the examples.
    ///
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, or (75) if the job is asked to stop;
    ///   `MPIError`.
    public init(of logits: Logits, labels: [Int]?, world: Communicator, threads: Int) throws {
        let own = Partition(logits.examples, world.size).range(of: world.rank)
        let (byLogits, byProbabilities) = try world.agree {
            (
                try Self.likeliest(by: .raw, of: logits, examples: own, threads: threads),
                try Self.likeliest(by: .softmax, of: logits, examples: own, threads: threads)
            )
        }
        logitsPrediction = try world.allgather(byLogits).flatMap { $0 }
        probabilitiesPrediction = try world.allgather(byProbabilities).flatMap { $0 }
        correct = try labels.map { try CorrectCounts(of: logits, labels: $0, world: world, threads: threads) }
    }

    /// The mean probabilities over the runs, for some examples, shape (examples, C).
    ///
    /// - Throws: ``UserError`` (65) if a logit is not finite; `Stopped` (75) if the job is asked to stop.
    package static func meanProbabilities(of logits: Logits, examples: Range<Int>, threads: Int) throws -> [Double] {
        let sums = try sums(by: .softmax, of: logits, examples: examples, threads: threads)
        return (0..<examples.count).flatMap { example in
            (0..<logits.classes).map { sums[$0 * examples.count + example] / Double(logits.runs) }
        }
    }

    /// The class with the largest sum of x over the runs, for each of the examples.
    private static func likeliest(
        by transform: Transform, of logits: Logits, examples: Range<Int>, threads: Int
    ) throws -> [Int] {
        let sums = try sums(by: transform, of: logits, examples: examples, threads: threads)
        let stride = examples.count
        return (0..<stride).map { example in
            (1..<max(1, logits.classes)).reduce(0) { best, c in
                sums[c * stride + example] > sums[best * stride + example] ? c : best
            }
        }
    }

    /// The sums of x over the runs, shape (C, examples).
    private static func sums(
        by transform: Transform, of logits: Logits, examples: Range<Int>, threads: Int
    ) throws -> [Double] {
        let (classes, stride) = (logits.classes, examples.count)
        var sums = [Double](repeating: 0, count: stride * classes)
        try sums.withUnsafeMutableBufferPointer { sums in
            guard let first = sums.baseAddress else { return }
            nonisolated(unsafe) let sums = first
            try logits.forEachTransformedBlock(
                of: 0..<logits.runs, examples: examples, by: transform, threads: threads
            ) { block in
                try StopRequest.check()
                for row in 0..<block.runs.count * classes {
                    let x = block.x + row * block.stride
                    let sum = sums + row % classes * stride + block.block.lowerBound
                    for i in 0..<block.stride { sum[i] += x[i] }
                }
            }
        }
        return sums
    }
}
