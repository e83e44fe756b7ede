import CSIMDKernels

/// Logits as a file would hold them, and the numbers that the stored bits stand for.
struct StoredLogits {
    let element: EKElement
    let bytes: [UInt8]
    let values: [Double]

    /// Rounds `wanted` to what the element type can hold.
    init(_ wanted: [Double], as element: EKElement) {
        func bytes<Bits: BitwiseCopyable>(of bits: [Bits]) -> [UInt8] { bits.withUnsafeBytes { Array($0) } }
        self.element = element
        switch element {
        case EKFloat16:
            let halves = wanted.map { Float16($0) }
            self.bytes = bytes(of: halves)
            values = halves.map(Double.init)
        case EKBFloat16:
            let upper = wanted.map { UInt16(Float($0).bitPattern >> 16) }
            self.bytes = bytes(of: upper)
            values = upper.map { Double(Float(bitPattern: UInt32($0) << 16)) }
        case EKFloat32:
            let floats = wanted.map { Float($0) }
            self.bytes = bytes(of: floats)
            values = floats.map(Double.init)
        default:
            self.bytes = bytes(of: wanted)
            values = wanted
        }
    }

    static let elements = [EKFloat16, EKBFloat16, EKFloat32, EKFloat64]
}
