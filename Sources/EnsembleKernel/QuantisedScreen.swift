import CVectorKernels

/// Counts that are whole numbers: their products are exact in 32 bits, since no sum can leave them.
protocol QuantisedElement: ScreenElement, FixedWidthInteger where Product == Int32 {}

extension QuantisedElement {
    /// The largest magnitude gets the largest count, unless sums could then wrap: a sum of products is at most
    /// |counts_a| |counts_b|, and |counts| <= |z| / step + sqrt(depth) / 2, which this keeps below sqrt(2^31 - 1).
    static func step(largest: Double, norm: Double, depth: Int, largestCount: Int) -> Float {
        let room = 46340 - Double(depth).squareRoot() / 2
        return Float(Swift.max(largest / Double(largestCount), norm / room * (1 + 0x1p-10)))
    }

    /// What counts miss is computed in float. With u = 2^-24, what 16 runs are turned into is off by 7 u times their norm
    /// at most, each of the 16 (a rounding of z, four of sums, one of the factor, one of the difference), and all together
    /// by 28 u times the norm of z.
    static func residual(missed: Double, norm: Double, depth: Int) -> Float {
        Float(missed.squareRoot() * (1 + 0x1p-12) + norm * 0x1p-19)
    }

    static func count(
        _ block: Logits.Block, by scales: CountScales, into counts: UnsafeMutablePointer<Self>, stride: Int
    ) {
        vk_quantise(
            block.x, block.stride, block.runs.count, scales.classes, block.stride, scales.mean, scales.scale,
            scales.stride, scales.inverseSteps, scales.steps, Float(scales.largestCount), bitWidth > Int8.bitWidth,
            counts, stride, scales.missed)
    }

    static func screen(
        _ products: UnsafePointer<Int32>, _ row: VKScreenRow, _ columns: VKScreenColumns, count: Int,
        firstIndex: Int32, threshold: UnsafeMutablePointer<VKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<VKCandidate>
    ) -> Int {
        vk_screen_int32(products, count, row, columns, firstIndex, threshold, bins, candidates)
    }
}
