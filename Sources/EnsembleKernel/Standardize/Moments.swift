import CSIMDKernels
import Ensembles
import MessagePassing
import ParallelRanges

/// Mean and standard deviation over all runs of every class of a range of examples.
///
/// Each example's moments are computed from all its runs in their order, on one rank: they are the same bits for any
/// number of ranks and threads. Arrays are class-major: the value of class c of the i-th example is at c * M + i.
public struct Moments: Sendable {
    /// The examples of the arrays; their number is M.
    public let examples: Range<Int>
    /// The kernel for which the examples are standardized.
    public let kernel: Kernel
    /// Mean over the runs of x, shape (C, M).
    public private(set) var mean: [Double]
    /// 1 / standard deviation over the runs, shape (C, M), by `Kernel.scale(ofSumOfSquares:)`; 0 if x is constant.
    public private(set) var scale: [Double]
    /// The largest magnitude of z over runs and classes, shape (M), up to rounding.
    public private(set) var largest: [Double]
    /// About the largest magnitude of rotated z, as `ek_quantize` rotates it, shape (M).
    public private(set) var largestRotated: [Double]

    /// Computes the moments of some examples, divided over the ranks of `axis`, all of which get the result.
    ///
    /// Collective over `world`, of which `axis` is all or a part: the ranks of an axis pass the same examples.
    ///
    ///     rank 0: [ examples 0 1 2, all runs ]  |                  rank 0: [ examples 0 1 2 3 4 ]
    ///     rank 1: [ examples 3 4, all runs ]    |  -> Allgather -> rank 1: [ examples 0 1 2 3 4 ]
    ///
    /// Dividing the runs instead would make the sums depend on the division, or require an exact sum: this requires
    /// neither, and still reads every logit only once.
    ///
    /// - Throws: ``AgreedFailure`` on every rank of `world` if any of them meets a logit that is not finite, or (75) is
    ///   asked to stop; `MPIError`.
    package static func overRuns(
        of logits: Logits, examples: Range<Int>, transform: Transform, threads: Int, world: Communicator,
        axis: Communicator
    ) throws -> Moments {
        let shares = Partition(examples.count, axis.size)
        let own = try world.agree {
            try Moments(
                of: logits, examples: shares.range(of: axis.rank).shifted(by: examples.lowerBound),
                transform: transform, threads: threads, meanwhile: StopRequest.check)
        }
        guard axis.size > 1 else { return own }
        let parts = try axis.allgather(own.mean + own.scale + own.largest + own.largestRotated)
        var whole = Moments(examples: examples, kernel: Kernel(runs: logits.runs, classes: logits.classes))
        for (rank, part) in parts.enumerated() { whole.place(part, at: shares.range(of: rank)) }
        return whole
    }

    /// What is the same in all runs, and so adds nothing to the kernel.
    public var zeroVariance: ZeroVariance {
        ZeroVariance(
            outputs: scale.count { $0 == 0 },
            examples: (0..<examples.count).count { varyingClasses($0) < kernel.classes })
    }

    /// Number of classes of the i-th example that vary over the runs.
    func varyingClasses(_ i: Int) -> Int {
        (0..<kernel.classes).count { scale[$0 * examples.count + i] > 0 }
    }

    /// The most likely class of each of some examples, by its means.
    package func likeliestClasses(of some: Range<Int>) -> [Int] {
        var largest = [Double](repeating: -.infinity, count: some.count)
        var likeliest = [Int](repeating: 0, count: some.count)
        for c in 0..<kernel.classes {
            let own = some.shifted(by: c * examples.count - examples.lowerBound)
            for (i, mean) in mean[own].enumerated() where mean > largest[i] {
                (largest[i], likeliest[i]) = (mean, c)
            }
        }
        return likeliest
    }

    /// Lends mean and scale of the examples from `first` on, for the duration of `body`.
    func withStandardization(from first: Int, _ body: (EKStandardization) throws -> Void) rethrows {
        try mean.withUnsafeBufferPointer { mean in
            try scale.withUnsafeBufferPointer { scale in
                guard let mean = mean.baseAddress, let scale = scale.baseAddress else { return }
                let all = EKStandardization(mean: mean, scale: scale, stride: examples.count)
                try body(all.shifted(by: first - examples.lowerBound))
            }
        }
    }

    private init(examples: Range<Int>, kernel: Kernel) {
        self.examples = examples
        self.kernel = kernel
        mean = [Double](repeating: 0, count: examples.count * kernel.classes)
        scale = mean
        largest = [Double](repeating: 0, count: examples.count)
        largestRotated = largest
    }

    /// The moments of some examples. Sums differences from run 0, so that one pass over the files suffices without
    /// cancellation.
    ///
    /// - Parameter meanwhile: Called now and then; an error that it throws ends the pass.
    /// - Throws: `UserError` (65) if a logit is not finite; errors of `meanwhile`.
    init(
        of logits: Logits, examples: Range<Int>, transform: Transform, threads: Int,
        meanwhile: @Sendable () throws -> Void = {}
    ) throws {
        self.init(examples: examples, kernel: Kernel(runs: logits.runs, classes: logits.classes))
        let (stride, classes, group) = (examples.count, logits.classes, logits.runsOfBlock)
        guard mean.count > 0 else { return }
        let sums = MomentSums(examples: stride, classes: classes)
        try mean.withUnsafeMutableBufferPointer { shift in
            nonisolated(unsafe) let (shift, sums) = (shift.baseAddress!, sums.pointers)
            try logits.forEachTransformedBlock(
                of: 0..<logits.runs, examples: examples, by: transform, threads: threads
            ) { block in
                try meanwhile()
                let at = block.block.lowerBound
                if block.runs.lowerBound == 0 {
                    for c in 0..<classes {
                        (shift + at + c * stride).update(from: block.x + c * block.stride, count: block.stride)
                    }
                }
                ek_accumulate_moments(
                    block.numbers, block.runs.lowerBound, group, shift + at, sums.shifted(by: at))
            }
        }
        for i in mean.indices { finish(i, sums, group: group) }
    }

    private mutating func finish(_ i: Int, _ sums: borrowing MomentSums, group: Int) {
        let (shift, meanDifference) = (mean[i], sums.sum[i] / Double(kernel.runs))
        mean[i] += meanDifference
        // z is taken from the rounded mean, and so are the squares and the largest distance: else |z| could exceed its
        // bound where outputs differ by hardly more than the mean's rounding. (Error of a sum: Knuth's TwoSum.)
        let added = mean[i] - shift
        let error = abs((shift - (mean[i] - added)) + (meanDifference - added))
        let squares = sums.square[i] - sums.sum[i] * meanDifference + Double(kernel.runs) * error * error
        scale[i] = kernel.scale(ofSumOfSquares: squares)
        let reach = sums.reach(i, mean: meanDifference) + error
        let rotated =
            sums.reachRotated(i, mean: meanDifference, group: group, reach: reach) + Double(group).squareRoot() * error
        let example = i % examples.count
        largest[example] = max(largest[example], reach * scale[i])
        largestRotated[example] = max(largestRotated[example], rotated * scale[i])
    }

    /// Copies the packed mean, scale and largest magnitudes of some examples to their positions.
    private mutating func place(_ packed: [Double], at part: Range<Int>) {
        let count = part.count * kernel.classes
        for c in 0..<kernel.classes {
            let target = (c * examples.count + part.lowerBound)..<(c * examples.count + part.upperBound)
            let source = c * part.count..<(c + 1) * part.count
            mean.replaceSubrange(target, with: packed[source])
            scale.replaceSubrange(target, with: packed[source.shifted(by: count)])
        }
        largest.replaceSubrange(part, with: packed[(2 * count)..<(2 * count + part.count)])
        largestRotated.replaceSubrange(part, with: packed[(2 * count + part.count)...])
    }
}

/// Outputs that are the same in all runs, and so add nothing to the kernel.
public struct ZeroVariance: Equatable, Sendable {
    /// Number of pairs (example, class).
    public var outputs: Int
    /// Number of examples with such a class.
    public var examples: Int

    /// So many outputs of so many examples.
    public init(outputs: Int = 0, examples: Int = 0) {
        self.outputs = outputs
        self.examples = examples
    }
}

extension EKStandardization {
    /// The standardization of the examples starting at index `offset`.
    func shifted(by offset: Int) -> EKStandardization {
        EKStandardization(mean: mean + offset, scale: scale + offset, stride: stride)
    }
}
