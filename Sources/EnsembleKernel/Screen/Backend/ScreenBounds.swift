import CSIMDKernels

/// Bounds of some examples that a screen knows in addition to the products of their codes.
struct ScreenBounds {
    /// The scale of each example's codes.
    let scale: [Float]
    /// An upper bound of |z|.
    let norm: [Float]
    /// An upper bound of |z - scale * codes|.
    let residual: [Float]

    /// The bounds of the examples at some places.
    subscript(places: Range<Int>) -> ScreenBounds {
        ScreenBounds(scale: Array(scale[places]), norm: Array(norm[places]), residual: Array(residual[places]))
    }

    /// The bounds of z rounded to a unit, by which the exact products order the neighbors.
    ///
    /// - Parameter error: An upper bound of |rounded z - z|.
    func rounded(by error: Float) -> ScreenBounds {
        ScreenBounds(
            scale: scale, norm: norm.map { ($0 + error).nextUp }, residual: residual.map { ($0 + error).nextUp })
    }

    /// The i-th example as a row of a tile, for similarities: inner products times `weight`.
    ///
    /// By Cauchy-Schwarz | <z_a, z_b> - scale_a scale_b <codes_a, codes_b> | <= |scale_a codes_a| residual_b +
    /// residual_a |z_b|, where |scale_a codes_a| <= norm_a + residual_a.
    func row(_ i: Int, weight: Float) -> EKScreenRow {
        EKScreenRow(
            scale: weight * scale[i], norm: weight * (norm[i] + residual[i]), residual: weight * residual[i])
    }

    /// Lends the examples as columns of a tile, for the duration of `body`.
    ///
    /// - Parameter offsets: What is subtracted from the similarities in each column.
    func withColumns(offsets: ArraySlice<Float>, _ body: (EKScreenColumns) throws -> Void) rethrows {
        precondition(offsets.count == scale.count)
        try scale.withUnsafeBufferPointer { scale in
            try norm.withUnsafeBufferPointer { norm in
                try residual.withUnsafeBufferPointer { residual in
                    try offsets.withUnsafeBufferPointer { offsets in
                        try body(
                            EKScreenColumns(
                                scale: scale.baseAddress, norm: norm.baseAddress, residual: residual.baseAddress,
                                offset: offsets.baseAddress))
                    }
                }
            }
        }
    }
}
