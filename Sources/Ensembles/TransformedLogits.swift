import CSIMDKernels
import ParallelRanges

extension Logits {
    /// Bytes of x that a thread works on at a time: they share the second-level cache with the data they are combined
    /// with.
    private static let blockBytes = 512 << 10
    /// Number of examples that the vector loops process at once.
    private static let lanes = 16
    /// The largest number of elements of one example's x in a block, unless a single run has more.
    private static let mostDepth = 2048

    /// The transformed logits x of some examples and a few runs: class c of the i-th example of `block` is at c *
    /// stride + i of its run.
    package struct Block {
        /// The runs, numbered in the ensemble.
        package let runs: Range<Int>
        /// The range of the examples within the requested ones.
        package let block: Range<Int>
        /// x, shape (runs, C, stride).
        package let x: UnsafePointer<Double>
        /// Number of classes C.
        package let classes: Int
        /// Distance from one class to the next: the number of examples in the block.
        package var stride: Int { block.count }

        /// The block in the form that the vector loops take.
        package var numbers: EKBlock {
            EKBlock(x: x, stride: stride, runs: runs.count, classes: classes, examples: stride)
        }
    }

    /// Calls `use` with x of every given run and example, in blocks of examples, from several threads.
    ///
    /// Each thread has its own share of the examples, and processes all runs of one block of examples, in ascending
    /// order, before the next block: sums over the runs stay in cache, and do not depend on the number of threads.
    /// Counted from the first run, every block but the last has ``runsOfBlock`` runs.
    ///
    /// A class that is -infinity for an example in all of the runs is masked: its x is the same constant in each.
    ///
    /// - Throws: ``EnsembleError`` (65) naming all runs that are not finite, or a class that is masked in some runs
    ///   only; errors of `use`.
    package func forEachTransformedBlock(
        of runs: Range<Int>, examples: Range<Int>, by transform: Transform, threads: Int,
        _ use: @Sendable (Block) throws -> Void
    ) throws {
        let runsOfBlock = runsOfBlock
        let lent = try segmentsLentAsStored(of: runs)
        let fitting = Self.blockBytes / (MemoryLayout<Double>.stride * (classes * runsOfBlock + scratchOfExample))
        let size = max(Self.lanes, fitting / Self.lanes * Self.lanes)
        try namingUnusableRuns(threads: threads) {
            try concurrently(over: examples.count, threads: threads) { own in
                let x = AlignedBuffer<Double>(count: min(size, own.count) * classes * runsOfBlock)
                let scratch = AlignedBuffer<Double>(count: min(size, own.count) * scratchOfExample)
                for start in stride(from: own.lowerBound, to: own.upperBound, by: size) {
                    let block = start..<min(start + size, own.upperBound)
                    var maskOfFirst: MaskedClasses?
                    for first in stride(from: runs.lowerBound, to: runs.upperBound, by: runsOfBlock) {
                        let some = first..<min(first + runsOfBlock, runs.upperBound)
                        for run in some {
                            let examples = block.shifted(by: examples.lowerBound)
                            let isMasked = try self.transform(
                                run: run, examples: examples, by: transform, lent: lent,
                                into: x.start + (run - first) * classes * block.count, stride: block.count,
                                scratch: scratch.start)
                            if isMasked || maskOfFirst != nil {
                                let mask = try MaskedClasses(of: self, run: run, examples: examples)
                                if run == runs.lowerBound { maskOfFirst = mask }
                                try mask.requireSame(as: maskOfFirst, inRun: runs.lowerBound)
                            }
                        }
                        try use(Block(runs: some, block: block, x: x.start, classes: classes))
                    }
                }
            }
        }
    }

    /// Number of runs in a block.
    package var runsOfBlock: Int { Self.runsOfBlock(classes: classes) }

    /// Number of runs in a block of logits with the given number of classes: a power of 2, so that all of them are
    /// rotated together by `ek_quantize`.
    package static func runsOfBlock(classes: Int) -> Int {
        var runs = Int(EK_GROUP)
        while runs > 1, runs * classes > mostDepth { runs /= 2 }
        return runs
    }
}
