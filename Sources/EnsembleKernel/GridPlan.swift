import MessagePassing

/// What a job is, as far as its cost goes.
public struct JobSize: Equatable, Sendable {
    /// Runs R, test examples T, train examples N, classes C, and neighbours kept for each test example.
    public let runs, test, train, classes, neighbours: Int

    /// A job of R runs, T test examples, N train examples, C classes and k neighbours.
    public init(runs: Int, test: Int, train: Int, classes: Int, neighbours: Int) {
        self.runs = runs
        self.test = test
        self.train = train
        self.classes = classes
        self.neighbours = neighbours
    }
}

/// Chooses how many ranks share the runs and how many share the train examples.
///
/// Sharing the train examples needs no reduction but makes every rank standardise all test examples; sharing the runs
/// standardises everything once but sends the kernel over the network. The rates are those of one core with AVX-512
/// and of a fast network; only their ratios decide.
public enum GridPlan {
    static let secondsPerLogit = 2.5e-9
    static let productOperationsPerSecond = 100e9
    static let bytesPerSecond = 1e9

    /// The grid of `ranks` ranks with the smallest predicted time; ties to the one that splits the runs less.
    public static func cheapestGrid(for job: JobSize, ranks: Int) -> ProcessGrid {
        (1...ranks).filter { ranks.isMultiple(of: $0) }
            .map { ProcessGrid(runs: $0, train: ranks / $0) }
            .min { predictedSeconds(job, on: $0) < predictedSeconds(job, on: $1) }!
    }

    /// Predicted time of the slowest rank, in seconds.
    static func predictedSeconds(_ job: JobSize, on grid: ProcessGrid) -> Double {
        let runs = Partition(job.runs, grid.runs).range(of: 0).count
        let columns = Partition(job.train, grid.train).range(of: 0).count
        let depth = Double(runs * job.classes)
        let passes = 2.0  // moments, then standardised panels
        let standardise = passes * depth * Double(job.test + columns) * secondsPerLogit
        let product = 2 * depth * Double(job.test) * Double(columns) / productOperationsPerSecond
        let kernelBytes = grid.runs > 1 ? 4 * Double(job.test) * Double(columns) : 0
        let listBytes = grid.train > 1 ? 12 * Double(job.test) / Double(grid.runs) * Double(job.neighbours) : 0
        return standardise + product + (kernelBytes + listBytes) / bytesPerSecond
    }
}
