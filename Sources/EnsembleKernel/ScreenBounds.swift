import CVectorKernels

/// What a screen knows of some examples, apart from the products of their counts.
struct ScreenBounds {
    /// The step of each example.
    let scale: [Float]
    /// An upper bound of |z|.
    let norm: [Float]
    /// An upper bound of |z - step * counts|.
    let residual: [Float]

    /// The i-th example as a row of a tile, for similarities: inner products times `weight`.
    ///
    /// By Cauchy-Schwarz | <z_a, z_b> - step_a step_b <counts_a, counts_b> | <= |step_a counts_a| residual_b +
    /// residual_a |z_b|, where |step_a counts_a| <= norm_a + residual_a.
    func row(_ i: Int, weight: Float) -> VKScreenRow {
        VKScreenRow(
            scale: weight * scale[i], norm: weight * (norm[i] + residual[i]), residual: weight * residual[i])
    }

    /// Lends the examples as columns of a tile, for the duration of `body`.
    func withColumns(_ body: (VKScreenColumns) throws -> Void) rethrows {
        try scale.withUnsafeBufferPointer { scale in
            try norm.withUnsafeBufferPointer { norm in
                try residual.withUnsafeBufferPointer { residual in
                    try body(
                        VKScreenColumns(
                            scale: scale.baseAddress, norm: norm.baseAddress, residual: residual.baseAddress))
                }
            }
        }
    }
}
