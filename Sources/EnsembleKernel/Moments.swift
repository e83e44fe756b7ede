import CVectorKernels
import MessagePassing

/// Mean and standard deviation over all runs of every class of a range of examples.
///
/// All ranks of a runs axis hold the same numbers. Arrays are class-major: the value of class c of the i-th example of
/// the range stands at c * M + i.
public struct Moments: Sendable {
    /// The examples that the arrays tell of; their count is M.
    public let examples: Range<Int>
    /// Mean over the runs of x, shape (C, M).
    public let mean: [Double]
    /// 1 / standard deviation over the runs (with R - 1), shape (C, M); 0 where x is the same in all runs, or differs
    /// by less than 1e-144.
    public let scale: [Double]
    /// How many (example, class) are the same in all runs, and so add nothing to the kernel.
    public let zeroVariance: Int

    /// Below this the squares that were added left the normal numbers and lost their digits: the logarithm of the
    /// likeliest class differs by so little where its logit leads by hundreds in every run.
    private static let leastSumOfSquares = 0x1p-960

    /// Computes the moments of some examples from the runs that each rank owns.
    ///
    /// Collective over `runsAxis`: every rank of it calls this with the same examples and with its own slice of the
    /// runs, the first rank's beginning with run 0. Differences from run 0 are summed, so that one pass over the files
    /// suffices without cancellation, and the sums are added over the ranks:
    ///
    ///     rank 0: sum over its runs of x - x0  |
    ///     rank 1: sum over its runs of x - x0  |  -> Allreduce ->  the sum over all runs, on every rank
    ///
    /// - Throws: ``AgreedFailure`` on every rank of `world` where any of them meets a logit that is not finite.
    package static func overRuns(
        _ slice: Range<Int>, of logits: Logits, examples: Range<Int>, transform: Transform, threads: Int,
        world: Communicator, runsAxis: Communicator
    ) throws -> Moments {
        let count = examples.count * logits.classes
        var shift = [Double](repeating: 0, count: count)
        try world.agree {
            guard runsAxis.rank == 0, !examples.isEmpty else { return }
            try logits.transform(
                run: 0, examples: examples, by: transform, into: &shift, stride: examples.count)
        }
        try runsAxis.broadcast(shift.mutableSpan, root: 0)

        var sums = [Double](repeating: 0, count: 2 * count)
        try world.agree {
            try accumulate(slice, of: logits, examples: examples, transform: transform, threads: threads, shift, &sums)
        }
        try runsAxis.allreduce(sums.mutableSpan, .sum)
        return Moments(examples: examples, shift: shift, sums: sums, runs: logits.runs)
    }

    private init(examples: Range<Int>, shift: [Double], sums: [Double], runs: Int) {
        let count = shift.count
        var mean = shift
        var scale = shift
        var zeroVariance = 0
        for i in 0..<count {
            let meanDifference = sums[i] / Double(runs)
            let squares = sums[count + i] - sums[i] * meanDifference
            mean[i] += meanDifference
            let varies = squares > Self.leastSumOfSquares
            scale[i] = varies ? 1 / (squares / Double(runs - 1)).squareRoot() : 0
            zeroVariance += varies ? 0 : 1
        }
        self.examples = examples
        self.mean = mean
        self.scale = scale
        self.zeroVariance = zeroVariance
    }

    /// Lends the first elements of `mean` and of `scale` for the duration of `body`.
    func withStarts(_ body: (UnsafePointer<Double>, UnsafePointer<Double>) throws -> Void) rethrows {
        try mean.withUnsafeBufferPointer { mean in
            try scale.withUnsafeBufferPointer { scale in
                guard let mean = mean.baseAddress, let scale = scale.baseAddress else { return }
                try body(mean, scale)
            }
        }
    }

    /// Adds x - shift and its square of the runs of `slice` to sums (2, C, M), run after run as the files have them.
    private static func accumulate(
        _ slice: Range<Int>, of logits: Logits, examples: Range<Int>, transform: Transform, threads: Int,
        _ shift: [Double], _ sums: inout [Double]
    ) throws {
        let stride = examples.count
        try shift.withUnsafeBufferPointer { shift in
            try sums.withUnsafeMutableBufferPointer { sums in
                guard let shiftStart = shift.baseAddress, let sumStart = sums.baseAddress else { return }
                nonisolated(unsafe) let (shift, sum, square) = (shiftStart, sumStart, sumStart + shift.count)
                try logits.forEachTransformedBlock(of: slice, examples: examples, by: transform, threads: threads) {
                    _, c, block, x in
                    let at = c * stride + block.lowerBound
                    vk_accumulate_moments(x, shift + at, sum + at, square + at, block.count)
                }
            }
        }
    }
}
