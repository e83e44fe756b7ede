import MessagePassing

/// What the runs predict for the test examples, one by one and together.
///
/// There are two different ensembles: one averages the logits, the other the probabilities.
public struct EnsembleAverage: Sendable {
    /// The likeliest class of each example by the mean of the logits over the runs; ties to the smallest class.
    public let logitsPrediction: [Int]
    /// The likeliest class of each example by the mean of the probabilities over the runs; ties to the smallest class.
    public let probabilitiesPrediction: [Int]
    /// How many examples each run gets right; empty without labels.
    public let hits: [Int]

    /// Averages over all runs. Collective over `world`: every rank calls it and reads its share of the runs.
    ///
    /// - Throws: ``AgreedFailure`` on every rank where a logit is not finite.
    public init(of logits: Logits, labels: [Int]?, world: Communicator, threads: Int) throws {
        let slice = Partition(logits.runs, world.size).range(of: world.rank)
        let count = logits.examples * logits.classes
        var sums = [Double](repeating: 0, count: 2 * count)
        var hits = [Int](repeating: 0, count: logits.runs)
        try world.agree {
            try Self.add(slice, of: logits, .raw, to: &sums, at: 0, threads: threads)
            try Self.add(slice, of: logits, .softmax, to: &sums, at: count, threads: threads)
            if let labels {
                var top = [Int32](repeating: 0, count: logits.examples)
                for run in slice {
                    try logits.topClasses(run: run, examples: 0..<logits.examples, into: &top)
                    hits[run] = zip(top, labels).count { Int($0) == $1 }
                }
            }
        }
        try world.allreduce(sums.mutableSpan, .sum)
        try world.allreduce(hits.mutableSpan, .sum)
        logitsPrediction = Self.likeliest(sums[..<count], examples: logits.examples)
        probabilitiesPrediction = Self.likeliest(sums[count...], examples: logits.examples)
        self.hits = labels == nil ? [] : hits
    }

    /// Adds x of every run of the slice to sums[offset...], shape (C, M).
    private static func add(
        _ slice: Range<Int>, of logits: Logits, _ transform: Transform, to sums: inout [Double], at offset: Int,
        threads: Int
    ) throws {
        let stride = logits.examples
        try sums.withUnsafeMutableBufferPointer { sums in
            nonisolated(unsafe) let sums = sums.baseAddress! + offset
            try logits.forEachTransformedBlock(of: slice, examples: 0..<stride, by: transform, threads: threads) {
                _, c, block, x in
                for i in 0..<block.count { sums[c * stride + block.lowerBound + i] += x[i] }
            }
        }
    }

    private static func likeliest(_ sums: ArraySlice<Double>, examples: Int) -> [Int] {
        let classes = sums.count / examples
        return (0..<examples).map { example in
            var best = 0
            for c in 0..<classes
            where sums[sums.startIndex + c * examples + example] > sums[sums.startIndex + best * examples + example] {
                best = c
            }
            return best
        }
    }
}
