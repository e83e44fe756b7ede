/// The unit in which inner products over runs and classes are summed exactly: 2^-fractionBits.
///
/// Each product of two z is rounded to this unit and added as an integer, so that the sum does not depend on the order,
/// nor on how the runs are divided over ranks. z is rounded to float before.
struct FixedPoint: Equatable, Sendable {
    /// Binary digits behind the point.
    let fractionBits: Int
    /// Inner products divided by this are similarities: runs times classes.
    let terms: Int

    /// The finest unit, 2^-40 at most, in which neither a product (below R) nor a sum (below R C) can overflow.
    init(runs: Int, classes: Int) {
        terms = runs * classes
        let bitsOfProduct = Int.bitWidth - runs.leadingZeroBitCount
        let bitsOfSum = Int.bitWidth - terms.leadingZeroBitCount
        fractionBits = min(40, 51 - bitsOfProduct, 62 - bitsOfSum)
    }

    /// K from an inner product in the unit.
    func similarity(_ sum: Int64) -> Double {
        Double(sum) / (Double(sign: .plus, exponent: fractionBits, significand: 1) * Double(terms))
    }
}
