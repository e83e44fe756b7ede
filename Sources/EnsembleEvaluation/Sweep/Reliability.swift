import EnsembleKernel
import Ensembles
import MessagePassing
import Platform
import UserMessages

/// The split-half reliability of the kernel: how much similarities would change if other runs had been trained.
public struct Reliability: Codable, Equatable, Sendable {
    /// The reliability for a number of runs.
    public struct Forecast: Codable, Equatable, Sendable {
        /// Number of runs.
        public var runs: Int
        /// Correlation of the kernel of this number of runs with that of as many others.
        public var reliability: Double
        /// Standard error of a similarity.
        public var standard_error: Double
    }

    /// Number of pairs of a test and a training example that were compared.
    public var pairs: Int
    /// Correlation over the pairs between the kernels of the two halves.
    public var split_half_correlation: Double
    /// Forecasts for the existing number of runs, and for 2, 4 and 8 times as many.
    public var forecasts: [Forecast]

    /// Number of examples of either set, and of consecutive ones among them.
    private static let (examples, block) = (1000, 50)

    /// Compares pairs of examples from all over the sets. Collective over `world`: every rank calls it.
    ///
    /// If the similarities of halves of R/2 runs have correlation r, R runs have correlation 2 r / (1 + r) with R
    /// others (Spearman and Brown), and m R runs m times that divided by 1 + (m - 1) times it. The similarities of the
    /// halves differ by sqrt(2) standard errors of R/2 runs, so by twice that of R.
    ///
    /// - Throws: `AgreedFailure` on every rank if there are fewer than 4 runs (65), the memory is too small (64), or a
    ///   logit is not finite (65); `MPIError`.
    init(of ensemble: Ensemble, transform: Transform, options: SearchOptions, world: Communicator) throws {
        let runs = ensemble.test?.runs ?? 0
        let halves = [0..<runs / 2, runs / 2..<2 * (runs / 2)]
        let values = try halves.map { half in
            let kernel = try world.agree {
                try KernelMatrix(
                    of: ensemble.selecting(runs: half), pairs: .testTrain, class: nil, transform: transform,
                    threads: options.threads, memory: options.memory, ranks: world.size)
            }
            let side = min(Self.block, kernel.tile)
            let rows = Self.blocks(of: kernel.shape[0], side)
            let columns = Self.blocks(of: kernel.shape[1], side)
            let tiles = rows.flatMap { rows in columns.map { KernelMatrix.Tile(rows: rows, columns: $0) } }
            return try kernel.values(of: tiles, world: world).map(Double.init)
        }
        let (correlation, difference) = Self.compared(values[0], values[1])
        pairs = values[0].count
        split_half_correlation = correlation
        // Halves without any correlation say nothing about more runs.
        let reliability = correlation > 0 ? 2 * correlation / (1 + correlation) : 0
        forecasts = [1, 2, 4, 8].map { times in
            let m = Double(times)
            return Forecast(
                runs: times * runs, reliability: m * reliability / (1 + (m - 1) * reliability),
                standard_error: difference / 2 / m.squareRoot())
        }
    }

    /// Disjoint blocks of consecutive examples, evenly spread, so that files sorted by class give pairs of all classes.
    private static func blocks(of count: Int, _ side: Int) -> [Range<Int>] {
        guard count > side else { return [0..<count] }
        let number = min(count / side, Self.examples / side)
        return (0..<number).map { block in
            let first = block * count / number
            return first..<first + side
        }
    }

    /// Pearson's correlation, and the root mean squared difference.
    private static func compared(_ a: [Double], _ b: [Double]) -> (correlation: Double, difference: Double) {
        let count = Double(a.count)
        let (meanOfA, meanOfB) = (a.reduce(0, +) / count, b.reduce(0, +) / count)
        var (ofA, ofB, ofBoth, difference) = (0.0, 0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            ofA += (x - meanOfA) * (x - meanOfA)
            ofB += (y - meanOfB) * (y - meanOfB)
            ofBoth += (x - meanOfA) * (y - meanOfB)
            difference += (x - y) * (x - y)
        }
        let scale = (ofA * ofB).squareRoot()
        return (scale > 0 ? ofBoth / scale : 0, (difference / count).squareRoot())
    }
}
