import CSIMDKernels
import Ensembles
import ParallelRanges

#if OneDNN
    import COneDNN
#endif

/// Codes in bytes, whose products are exact in 32 bits. On processors that multiply and add four of them at once
/// (VNNI), oneDNN multiplies; otherwise a loop of this program does, with smaller codes, of which two products fit in
/// 16 bits.
enum Int8Arithmetic: HostArithmetic {
    typealias Code = Int8
    typealias Product = Int32

    static var largestCode: Int { hasVNNI ? 127 : Int(EK_INT8_LARGEST) }

    /// Whether oneDNN is available and the processor has VNNI instructions.
    static var hasVNNI: Bool {
        #if OneDNN
            COneDNN_has_vnni()
        #else
            false
        #endif
    }

    /// The largest magnitude gets the largest code, unless sums could then overflow: a sum of products is at most
    /// |codes_a| |codes_b|, and |codes| <= |z| / scale + sqrt(depth) / 2, which this keeps below sqrt(2^31 - 1).
    static func scale(largest: Double, norm: Double, depth: Int, largestCode: Int) -> Float {
        // With more than 8 billion terms next to all codes are 0, and all pairs candidates.
        let room = Swift.max(46340 - Double(depth).squareRoot() / 2, 1)
        return Float(Swift.max(largest / Double(largestCode), norm / room * (1 + 0x1p-10)))
    }

    /// The quantization error is computed in float. With u = 2^-24 its error is at most 23 u times the norm of z
    /// (Numerics.md counts them), for which 32 u are allowed.
    static func residual(squaredError: Double, norm: Double, depth: Int) -> Float {
        Float(squaredError.squareRoot() * (1 + 0x1p-12) + norm * 0x1p-19)
    }

    static func encode(
        _ block: EKBlock, _ standardization: EKStandardization, _ quantization: EKQuantization,
        into codes: UnsafeMutablePointer<Int8>, stride: Int, squaredError: UnsafeMutablePointer<Double>
    ) {
        ek_quantize(block, standardization, quantization, codes, stride, squaredError)
    }

    static func multiply(
        _ a: PanelColumns<Int8>, _ b: PanelColumns<Int8>, depth: Int, threads: Int, adding: Bool,
        into products: UnsafeMutablePointer<Int32>
    ) {
        nonisolated(unsafe) let (a, b, products) = (a, b, products)
        concurrently(over: a.count, threads: threads) { own in
            #if OneDNN
                if hasVNNI {
                    // Its own threads would be made beside ours, and where there are no more, end the process.
                    COneDNN_use_one_thread()
                    var offset: Int32 = 0
                    let status = dnnl_gemm_s8s8s32(
                        CChar(UInt8(ascii: "T")), CChar(UInt8(ascii: "N")), CChar(UInt8(ascii: "F")),
                        dnnl_dim_t(own.count), dnnl_dim_t(b.count), dnnl_dim_t(depth), 1, a.start + own.lowerBound,
                        dnnl_dim_t(a.stride), 0, b.start, dnnl_dim_t(b.stride), 0, adding ? 1 : 0,
                        products + own.lowerBound * b.count, dnnl_dim_t(b.count), &offset)
                    precondition(status == dnnl_success, "oneDNN: status \(status.rawValue)")
                    return
                }
            #endif
            let workspace = AlignedBuffer<UInt8>(count: ek_multiply_int8_workspace(own.count, b.count, depth))
            withExtendedLifetime(workspace) {
                ek_multiply_int8(
                    a.start + own.lowerBound, a.stride, own.count, b.start, b.stride, b.count, depth, adding,
                    products + own.lowerBound * b.count, workspace.start)
            }
        }
    }

    static func select(
        _ products: UnsafePointer<Int32>, _ row: EKScreenRow, _ columns: EKScreenColumns, count: Int,
        firstIndex: Int32, threshold: UnsafeMutablePointer<EKThreshold>, bins: UnsafeMutablePointer<Int32>,
        into candidates: UnsafeMutablePointer<EKCandidate>
    ) -> Int {
        ek_screen_int32(products, count, row, columns, firstIndex, threshold, bins, candidates)
    }
}
