import CSIMDKernels
import Ensembles

/// Sums and extremes over the runs for the moments of some examples, in the layout of ``Moments``.
///
/// All are of x - shift: its sum, its squares, its range; and, for rotated groups of runs (`ek_quantize`), the range of
/// the first, which contains the mean, and the largest magnitude of the others.
struct MomentSums: ~Copyable {
    private let doubles: AlignedBuffer<Double>
    private let floats: AlignedBuffer<Float>
    private let count: Int
    private let stride: Int

    /// Number of bytes for each (example, class).
    static let bytes = 4 * MemoryLayout<Double>.stride + 3 * MemoryLayout<Float>.stride

    /// All zero, for the given numbers of examples and classes: run 0 differs from itself by 0.
    init(examples: Int, classes: Int) {
        count = examples * classes
        stride = examples
        doubles = AlignedBuffer(count: 4 * count)
        floats = AlignedBuffer(count: 3 * count)
        doubles.elements.initialize(repeating: 0)
        floats.elements.initialize(repeating: 0)
    }

    var sum: UnsafeMutablePointer<Double> { doubles.start }
    var square: UnsafeMutablePointer<Double> { doubles.start + count }

    /// The sums for the vector loops, valid during this object's lifetime.
    var pointers: EKMomentSums {
        EKMomentSums(
            sum: sum, square: square, least: doubles.start + 2 * count, greatest: doubles.start + 3 * count,
            least_first: floats.start, greatest_first: floats.start + count, greatest_other: floats.start + 2 * count,
            stride: stride)
    }

    /// The largest magnitude of x - shift - mean.
    func reach(_ i: Int, mean: Double) -> Double {
        max(doubles.start[3 * count + i] - mean, mean - doubles.start[2 * count + i])
    }

    /// About the largest magnitude of rotated groups of `group` runs of x - shift - mean.
    func reachRotated(_ i: Int, mean: Double, group: Int, reach: Double) -> Double {
        let root = Double(group).squareRoot()
        let meanOfFirst = root * mean
        let first = max(Double(floats.start[count + i]) - meanOfFirst, meanOfFirst - Double(floats.start[i]))
        let rotated = max(first, Double(floats.start[2 * count + i]))
        // It cannot exceed this; floats may have overflowed.
        return rotated <= root * reach ? rotated : root * reach
    }
}

extension EKMomentSums {
    /// The sums of the examples starting at index `offset`.
    func shifted(by offset: Int) -> EKMomentSums {
        EKMomentSums(
            sum: sum + offset, square: square + offset, least: least + offset, greatest: greatest + offset,
            least_first: least_first + offset, greatest_first: greatest_first + offset,
            greatest_other: greatest_other + offset, stride: stride)
    }
}
