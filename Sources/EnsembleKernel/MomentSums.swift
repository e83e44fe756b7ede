import CVectorKernels

/// What is added up and compared over the runs for the moments of some examples, in the order of ``Moments``.
///
/// All are of x - shift: its sum, its squares, its range; and, of what groups of runs are turned into by `vk_quantise`, the
/// range of the first, which has the mean in it, and the largest magnitude of the others.
struct MomentSums {
    private let doubles: AlignedBuffer<Double>
    private let floats: AlignedBuffer<Float>
    private let count: Int

    /// Bytes for each (example, class).
    static let bytes = 4 * MemoryLayout<Double>.stride + 3 * MemoryLayout<Float>.stride

    /// All zero, for so many (example, class): run 0 differs from itself by 0.
    init(count: Int) {
        self.count = count
        doubles = AlignedBuffer(count: 4 * count)
        floats = AlignedBuffer(count: 3 * count)
        doubles.elements.initialize(repeating: 0)
        floats.elements.initialize(repeating: 0)
    }

    var sum: UnsafeMutablePointer<Double> { doubles.start }
    var square: UnsafeMutablePointer<Double> { doubles.start + count }

    /// Where the numbers of an example begin.
    func pointers(at example: Int) -> VKMomentSums {
        VKMomentSums(
            sum: sum + example, square: square + example, least: doubles.start + 2 * count + example,
            greatest: doubles.start + 3 * count + example, least_first: floats.start + example,
            greatest_first: floats.start + count + example, greatest_other: floats.start + 2 * count + example)
    }

    /// The largest magnitude of x - shift - mean.
    func reach(_ i: Int, mean: Double) -> Double {
        max(doubles.start[3 * count + i] - mean, mean - doubles.start[2 * count + i])
    }

    /// About the largest magnitude of what groups of `group` runs of x - shift - mean are turned into.
    func reachTurned(_ i: Int, mean: Double, group: Int, reach: Double) -> Double {
        let root = Double(group).squareRoot()
        let meanOfFirst = root * mean
        let first = max(Double(floats.start[count + i]) - meanOfFirst, meanOfFirst - Double(floats.start[i]))
        let turned = max(first, Double(floats.start[2 * count + i]))
        // No more than this; floats may have overflowed.
        return turned <= root * reach ? turned : root * reach
    }
}
