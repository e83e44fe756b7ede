internal import CMPI

/// The operation by which a reduction combines the elements of the ranks, position by position.
///
/// Sums and products of floating-point numbers depend on the order in which the MPI library combines them. Sums and
/// products of integers wrap silently and, like minima and maxima, do not depend on the order.
public enum Reduction: Sendable {
    /// The sum over the ranks.
    case sum
    /// The product over the ranks.
    case product
    /// The smallest over the ranks.
    case min
    /// The largest over the ranks.
    case max

    var code: CMPIOperation {
        switch self {
        case .sum: .sum
        case .product: .product
        case .min: .min
        case .max: .max
        }
    }
}
