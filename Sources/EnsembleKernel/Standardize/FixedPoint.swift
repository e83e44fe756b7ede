import CSIMDKernels

/// The unit of z, 2^-fractionBits, in which inner products over runs and classes are exact.
///
/// z is rounded to an integer number of units; products of such integers are added as integers, so that a sum depends
/// neither on the order, nor on how the runs are divided over ranks.
struct FixedPoint: Equatable, Sendable {
    /// Number of binary digits after the point.
    let fractionBits: Int
    /// The kernel whose similarities are computed from the inner products.
    let kernel: Kernel

    /// Number of bits of |z| in the unit: two limbs.
    private static let bitsOfNumber = 2 * Int(EK_LIMB_BITS) - 1

    /// The finest unit in which |z| up to about `largest` fits in two limbs and no sum can overflow: by Cauchy-Schwarz
    /// it is below R C squared units.
    init(_ kernel: Kernel, largest: Double) {
        self.kernel = kernel
        let bitsOfSum = Int.bitWidth - kernel.terms.leadingZeroBitCount
        let bitsOfLargest = largest > 0 ? Int((largest * (1 + 0x1p-10)).exponent) + 1 : 0
        fractionBits = min(Self.bitsOfNumber - bitsOfLargest, (62 - bitsOfSum) / 2)
    }

    /// The finest unit in which inner products of z are exact in double: the sums stay below 2^53, below which integers
    /// have no error.
    init(exactInDouble kernel: Kernel) {
        self.kernel = kernel
        fractionBits = (Double.significandBitCount - (Int.bitWidth - kernel.terms.leadingZeroBitCount)) / 2
    }

    /// The unit as a number.
    private var unit: Double { Double(sign: .plus, exponent: -fractionBits, significand: 1) }

    /// The largest change of an example's z by rounding, as a Euclidean norm: half a unit in every term.
    var roundingError: Double { unit / 2 * Double(kernel.terms).squareRoot() }

    /// K from an inner product in squares of the unit.
    func similarity(_ sum: Double) -> Double { kernel.similarity(ofSum: sum * unit * unit) }

    /// K from an inner product in squares of the unit.
    func similarity(_ sum: Int64) -> Double { similarity(Double(sum)) }

    /// The inner product in squares of the unit that is nearest to that of a similarity.
    func product(ofSimilarity similarity: Double) -> Int64 {
        Int64((similarity * Double(kernel.terms) / unit / unit).rounded())
    }

    /// K, approximately, from an inner product of high limbs, in the square of their unit.
    func nearSimilarity(_ sum: Int64) -> Double {
        similarity(Double(sum) * Double(1 << (2 * EK_LIMB_BITS)))
    }

    /// The largest error of the similarity from high limbs, for two examples whose low limbs have at most the given
    /// sums of squares.
    ///
    /// With n = 2^14 high + low, by Cauchy-Schwarz the error of the product is at most |n_a| |low_b| + |low_a| |n_b| +
    /// |low_a| |low_b|, where |n| times the unit, the norm of rounded z, is at most (1 + unit / 2) sqrt(R C).
    func nearError(_ squaresOfLow: Int64, _ otherSquares: Int64) -> Double {
        func norm(_ squares: Int64) -> Double { (Double(squares) / Double(kernel.terms)).squareRoot() * unit }
        let (low, other) = (norm(squaresOfLow), norm(otherSquares))
        return (1 + unit / 2) * (low + other) + low * other
    }

    /// The largest error of the similarity from high limbs if the low limbs are about uniformly distributed.
    var usualNearError: Double {
        let squares = Int64(kernel.terms) << (2 * EK_LIMB_BITS)
        return nearError(squares / 12, squares / 12)
    }
}
