#if OneDNN
    import COneDNN
    import CVectorKernels

    /// Counts up to 127, multiplied by oneDNN.
    extension Int8: QuantisedElement {
        typealias Product = Int32

        /// Without VNNI instructions two products must fit into 16 bits.
        static var largestCount: Int { COneDNN_has_vnni() ? 127 : 63 }

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
    }
#endif
