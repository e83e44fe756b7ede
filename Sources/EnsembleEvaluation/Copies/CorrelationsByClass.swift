import MessagePassing
import Platform

/// How well images of a class match that are no copies: the correlations of examples and their neighbors, but the
/// nearest, as a histogram of Fisher's transform for each class. Copies match better.
package struct CorrelationsByClass {
    private var counts: [Int]
    private let classes: Int

    private static let binsPerUnit = 200.0
    private static let bins = Int(2 * PixelMatch.largestFisher * binsPerUnit) + 1
    /// The least number of pairs by which a class has a threshold of its own; others have that of all pairs.
    static let enough = 100
    /// A copy is this many standard deviations above the mean of its class: of a million normal numbers, three are.
    static let deviations = 4.5
    /// Thresholds are between these, whatever the class: below the first simple shapes match that are no copies (of
    /// Fashion-MNIST, sandals and bags), above the second compression and noise hide copies.
    static let thresholds: ClosedRange<Float> = 0.92...0.98

    /// No pairs yet.
    package init(classes: Int) {
        self.classes = classes
        counts = [Int](repeating: 0, count: Self.bins * classes)
    }

    package mutating func add(_ match: PixelMatch, class own: Int) {
        let bin = Int(((match.fisher + PixelMatch.largestFisher) * Self.binsPerUnit).rounded())
        counts[own * Self.bins + bin] += 1
    }

    /// The smallest correlation of copies in each class, from the pairs of all ranks. Collective over `world`: every
    /// rank calls it with its own pairs.
    ///
    /// Mean and deviation are estimated by the median and the median absolute deviation, which a few copies among the
    /// pairs do not change.
    ///
    /// - Throws: `MPIError`.
    package func thresholds(world: Communicator) throws -> [Float] {
        let counts = try world.allreduce(counts, .sum)
        let ofClasses = (0..<classes).map { Array(counts[$0 * Self.bins..<($0 + 1) * Self.bins]) }
        let ofAll = (0..<Self.bins).map { bin in ofClasses.reduce(0) { $0 + $1[bin] } }
        return ofClasses.map { Self.threshold($0.reduce(0, +) >= Self.enough ? $0 : ofAll) }
    }

    private static func threshold(_ counts: [Int]) -> Float {
        guard counts.contains(where: { $0 > 0 }) else { return thresholds.upperBound }
        let median = median(counts.indices.map { (value: $0, count: counts[$0]) })
        let deviation = Self.median(counts.indices.map { (value: abs($0 - median), count: counts[$0]) })
        // Of normal numbers, the median absolute deviation is 1 / 1.4826 standard deviations.
        let fisher = (Double(median) + deviations * 1.4826 * Double(deviation)) / binsPerUnit - PixelMatch.largestFisher
        return min(max(Float(tanh(fisher)), thresholds.lowerBound), thresholds.upperBound)
    }

    /// The median of values that each occur so many times.
    private static func median(_ values: [(value: Int, count: Int)]) -> Int {
        let half = (values.reduce(0) { $0 + $1.count } + 1) / 2
        var before = 0
        for (value, count) in values.sorted(by: { $0.value < $1.value }) {
            before += count
            if before >= half { return value }
        }
        return 0
    }
}
