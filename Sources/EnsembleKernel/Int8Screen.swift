import CVectorKernels
import MessagePassing

#if OneDNN
    import COneDNN
#endif

/// Counts in bytes, whose products are exact in 32 bits. Where the processor multiplies and adds four of them at once (VNNI),
/// oneDNN does it; elsewhere a loop of our own, with smaller counts, of which two products fit into 16 bits.
extension Int8: ScreenElement {
    typealias Product = Int32

    static var largestCount: Int { hasVNNI ? 127 : Int(VK_INT8_LARGEST) }

    /// Whether oneDNN is there, and has VNNI instructions.
    static var hasVNNI: Bool {
        #if OneDNN
            COneDNN_has_vnni()
        #else
            false
        #endif
    }

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
        _ block: Logits.Block, by scales: CountScales, into counts: UnsafeMutablePointer<Int8>, stride: Int
    ) {
        vk_quantise(
            block.x, block.stride, block.runs.count, scales.classes, block.stride, scales.mean, scales.scale,
            scales.stride, scales.inverseSteps, scales.steps, Float(scales.largestCount), counts, stride, scales.missed)
    }

    static func multiply(
        _ a: UnsafePointer<Int8>, _ b: UnsafePointer<Int8>, rows: Int, columns: Int, depth: Int, threads: Int,
        adding: Bool, into products: UnsafeMutablePointer<Int32>
    ) {
        #if OneDNN
            if hasVNNI {
                COneDNN_set_threads(Int32(threads))
                var offset: Int32 = 0
                let status = dnnl_gemm_s8s8s32(
                    CChar(UInt8(ascii: "T")), CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "F")), dnnl_dim_t(rows),
                    dnnl_dim_t(columns), dnnl_dim_t(depth), 1, a, dnnl_dim_t(rows), 0, b, dnnl_dim_t(columns), 0,
                    adding ? 1 : 0, products, dnnl_dim_t(columns), &offset)
                precondition(status == dnnl_success, "oneDNN: status \(status.rawValue)")
                return
            }
        #endif
        nonisolated(unsafe) let (a, b, products) = (a, b, products)
        concurrently(over: rows, threads: threads) { own in
            let workspace = AlignedBuffer<UInt8>(count: vk_multiply_int8_workspace(own.count, columns, depth))
            withExtendedLifetime(workspace) {
                vk_multiply_int8(
                    a + own.lowerBound, rows, own.count, b, columns, depth, adding,
                    products + own.lowerBound * columns, workspace.start)
            }
        }
    }

    static func screen(
        _ products: UnsafePointer<Int32>, _ row: VKScreenRow, _ columns: VKScreenColumns, count: Int,
        firstIndex: Int32, threshold: UnsafeMutablePointer<VKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<VKCandidate>
    ) -> Int {
        vk_screen_int32(products, count, row, columns, firstIndex, threshold, bins, candidates)
    }
}
