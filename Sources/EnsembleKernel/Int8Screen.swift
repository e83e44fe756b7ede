#if OneDNN
    import COneDNN
    import CVectorKernels

    /// Counts up to 127, multiplied by oneDNN: exact in 32 bits, since no sum can leave them.
    extension Int8: ScreenElement {
        typealias Product = Int32

        /// Without VNNI instructions two products must fit into 16 bits.
        static var largestCount: Int { COneDNN_has_vnni() ? 127 : 63 }

        /// The largest magnitude gets the largest count, unless sums could then wrap: a sum of products is at most
        /// |counts_a| |counts_b|, and |counts| <= |z| / step + sqrt(depth) / 2, which this keeps below sqrt(2^31 - 1).
        static func step(largest: Double, norm: Double, depth: Int, largestCount: Int) -> Float {
            let room = 46340 - Double(depth).squareRoot() / 2
            return Float(Swift.max(largest / Double(largestCount), norm / room * (1 + 0x1p-10)))
        }

        static func count(
            _ block: Logits.Block, by scales: CountScales, into counts: UnsafeMutablePointer<Int8>, stride: Int
        ) {
            vk_quantise(
                block.x, block.stride, scales.classes, block.stride, scales.mean, scales.scale, scales.stride,
                scales.inverseSteps, scales.steps, Float(scales.largestCount), counts, stride, scales.missed)
        }

        /// What a count misses is computed in float: its error is below 2^-22 of the largest magnitude, 2^-15 steps.
        static func residual(missed: Double, step: Float, norm: Double, depth: Int) -> Float {
            Float(missed.squareRoot() * (1 + 0x1p-12) + Double(depth).squareRoot() * Double(step) * 0x1p-15)
        }

        static func multiply(
            _ a: UnsafePointer<Int8>, _ b: UnsafePointer<Int8>, rows: Int, columns: Int, depth: Int, threads: Int,
            adding: Bool, into products: UnsafeMutablePointer<Int32>
        ) {
            COneDNN_set_threads(Int32(threads))
            var offset: Int32 = 0
            let status = dnnl_gemm_s8s8s32(
                CChar(UInt8(ascii: "T")), CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "F")), dnnl_dim_t(rows),
                dnnl_dim_t(columns), dnnl_dim_t(depth), 1, a, dnnl_dim_t(rows), 0, b, dnnl_dim_t(columns), 0,
                adding ? 1 : 0, products, dnnl_dim_t(columns), &offset)
            precondition(status == dnnl_success, "oneDNN: status \(status.rawValue)")
        }

        static func screen(
            _ products: UnsafePointer<Int32>, _ row: VKScreenRow, _ columns: VKScreenColumns, count: Int,
            threshold: Float, into hits: VKScreenHits
        ) -> Int {
            vk_screen_int32(products, count, row, columns, threshold, hits)
        }
    }
#endif
