import CSIMDKernels

/// Lends x as a block, and mean and scale as its standardization, for the duration of `body`.
func withBlock(
    _ x: [Double], stride: Int, runs: Int, classes: Int, examples: Int, mean: [Double], scale: [Double],
    momentStride: Int, _ body: (EKBlock, EKStandardization) -> Void
) {
    x.withUnsafeBufferPointer { x in
        mean.withUnsafeBufferPointer { mean in
            scale.withUnsafeBufferPointer { scale in
                body(
                    EKBlock(x: x.baseAddress, stride: stride, runs: runs, classes: classes, examples: examples),
                    EKStandardization(mean: mean.baseAddress, scale: scale.baseAddress, stride: momentStride))
            }
        }
    }
}
