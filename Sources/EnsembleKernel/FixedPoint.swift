import CVectorKernels

/// The unit of z, 2^-fractionBits, in which inner products over runs and classes are exact.
///
/// z is rounded to a whole number of units; products of such numbers are added as integers, so that a sum does not depend
/// on the order, nor on how the runs are divided over ranks.
struct FixedPoint: Equatable, Sendable {
    /// Binary digits behind the point.
    let fractionBits: Int
    /// Inner products divided by this are similarities: runs times classes.
    let terms: Int

    /// Bits of |z| in the unit: two digits.
    private static let bitsOfNumber = 2 * Int(VK_DIGIT_BITS) - 1

    /// The finest unit in which |z| up to about `largest` fits into two digits and no sum can overflow: by Cauchy-Schwarz
    /// it is below R C squared units.
    init(runs: Int, classes: Int, largest: Double) {
        terms = runs * classes
        let bitsOfSum = Int.bitWidth - terms.leadingZeroBitCount
        let bitsOfLargest = largest > 0 ? Int((largest * (1 + 0x1p-10)).exponent) + 1 : 0
        fractionBits = min(Self.bitsOfNumber - bitsOfLargest, (62 - bitsOfSum) / 2)
    }

    /// The finest unit in which inner products of `terms` numbers of z are exact in double, where whole numbers below 2^53
    /// have no error: the sums stay below that.
    init(exactInDouble terms: Int) {
        self.terms = terms
        fractionBits = (Double.significandBitCount - (Int.bitWidth - terms.leadingZeroBitCount)) / 2
    }

    /// K from an inner product in squares of the unit.
    func similarity(_ sum: Double) -> Double {
        sum / (Double(sign: .plus, exponent: 2 * fractionBits, significand: 1) * Double(terms))
    }

    /// K from an inner product in squares of the unit.
    func similarity(_ sum: Int64) -> Double { similarity(Double(sum)) }

    /// K from an inner product of high digits, in the square of their unit.
    func nearSimilarity(_ sum: Int64) -> Double {
        similarity(Double(sum) * Double(1 << (2 * VK_DIGIT_BITS)))
    }

    /// How far that is from K at most, for two examples whose low digits have no larger sums of squares.
    ///
    /// With n = 2^14 high + low, by Cauchy-Schwarz the product differs by |n_a| |low_b| + |low_a| |n_b| + |low_a| |low_b| at
    /// most, where |n| times the unit, the norm of z, is sqrt(R C) at most.
    func nearError(_ squaresOfLow: Int64, _ otherSquares: Int64) -> Double {
        func norm(_ squares: Int64) -> Double {
            (Double(squares) / Double(terms)).squareRoot()
                * Double(sign: .plus, exponent: -fractionBits, significand: 1)
        }
        return norm(squaresOfLow) + norm(otherSquares) + norm(squaresOfLow) * norm(otherSquares)
    }

    /// How far it is where low digits are about evenly distributed.
    var usualNearError: Double {
        let squares = Int64(terms) << (2 * VK_DIGIT_BITS)
        return nearError(squares / 12, squares / 12)
    }
}
