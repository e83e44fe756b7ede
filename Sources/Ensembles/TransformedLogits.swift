import CSIMDKernels
import ParallelRanges

extension Logits {
    /// Bytes of x that a thread works on at a time: they share the second-level cache with what they are combined with.
    private static let blockBytes = 512 << 10
    /// Examples that the vector loops take at once.
    private static let lanes = 16
    /// Numbers of an example's x in a block, at most, unless one run has more.
    private static let mostDepth = 2048

    /// Some examples of a few runs, transformed: x of class c of the i-th example of `block` is at c * stride + i of
    /// its run.
    package struct Block {
        /// The runs of the ensemble.
        package let runs: Range<Int>
        /// The place of the examples within those asked for.
        package let block: Range<Int>
        /// x, shape (runs, C, stride).
        package let x: UnsafePointer<Double>
        /// Number of classes C.
        package let classes: Int
        /// From one class to the next; the number of examples in the block.
        package var stride: Int { block.count }

        /// The block for the vector loops.
        package var numbers: EKBlock {
            EKBlock(x: x, stride: stride, runs: runs.count, classes: classes, examples: stride)
        }
    }

    /// Calls `use` with x of every given run and example, in blocks of examples, from several threads.
    ///
    /// A thread has its own share of the examples and goes through all runs of some before it begins the next, in
    /// ascending order: what is summed over the runs stays in cache, and its sums do not depend on the threads. Counted
    /// from the first run, every block but the last has ``runsOfBlock`` runs.
    ///
    /// - Throws: ``UserError`` naming the first logit of a block that is not finite; what `use` throws.
    package func forEachTransformedBlock(
        of runs: Range<Int>, examples: Range<Int>, by transform: Transform, threads: Int,
        _ use: @Sendable (Block) throws -> Void
    ) throws {
        let runsOfBlock = runsOfBlock
        let lent = try segmentsLentAsStored(of: runs)
        let fitting = Self.blockBytes / (MemoryLayout<Double>.stride * (classes * runsOfBlock + scratchOfExample))
        let size = max(Self.lanes, fitting / Self.lanes * Self.lanes)
        try concurrently(over: examples.count, threads: threads) { own in
            let x = AlignedBuffer<Double>(count: min(size, own.count) * classes * runsOfBlock)
            let scratch = AlignedBuffer<Double>(count: min(size, own.count) * scratchOfExample)
            for start in stride(from: own.lowerBound, to: own.upperBound, by: size) {
                let block = start..<min(start + size, own.upperBound)
                for first in stride(from: runs.lowerBound, to: runs.upperBound, by: runsOfBlock) {
                    let some = first..<min(first + runsOfBlock, runs.upperBound)
                    for run in some {
                        try self.transform(
                            run: run, examples: block.shifted(by: examples.lowerBound), by: transform, lent: lent,
                            into: x.start + (run - first) * classes * block.count, stride: block.count,
                            scratch: scratch.start)
                    }
                    try use(Block(runs: some, block: block, x: x.start, classes: classes))
                }
            }
        }
    }

    /// Runs of a block.
    package var runsOfBlock: Int { Self.runsOfBlock(classes: classes) }

    /// Runs of a block of logits of so many classes: a power of 2, so that all of them are rotated together by
    /// `ek_quantize`.
    package static func runsOfBlock(classes: Int) -> Int {
        var runs = Int(EK_GROUP)
        while runs > 1, runs * classes > mostDepth { runs /= 2 }
        return runs
    }
}
