import Foundation
import ParallelRanges

/// How the memory that a rank may use is spent: on what every job needs, and the rest on tiles.
public struct MemoryBudget: Equatable, Sendable {
    /// Bytes that a rank of this job holds whatever its tiles are: the moments of all test examples and of its own
    /// train examples, the neighbors found, and the libraries' own.
    public let fixed: Int

    /// What MPI, BLAS, oneDNN and the Swift library hold by themselves, as measured.
    private static let libraries = 32 << 20
    /// With less, tiles would be too small to be worth while.
    private static let leastForTiles = 4 << 20

    /// - Parameter grid: decides how many training examples and results a rank has.
    public init(_ job: JobSize, on grid: ProcessGrid) {
        let columns = Partition(job.train, grid.train).longest
        let ownTest = Partition(job.test, grid.size).longest
        let ownTrain = Partition(columns, grid.runs).longest
        let number = MemoryLayout<Double>.stride
        // Mean and scale, once as they are gathered and once in their place; and the sums of the rank's own share.
        let moments = 4 * number * job.classes * (job.test + columns)
        let sums = MomentSums.bytes * job.classes * max(ownTest, ownTrain)
        // Products, indices, similarities and labels of the neighbors.
        let results = 5 * number * job.neighbors * ownTest
        fixed = Self.libraries + moments + sums + results
    }

    /// The least that a rank of this job can do with.
    public var least: Int { fixed + Self.leastForTiles }

    /// A rank's share of the machine where the user does not say: half of the memory for all ranks of a host together,
    /// and no more than makes anything faster.
    public static func usual(ranksOnHost: Int) -> Int {
        min(1 << 30, Int(clamping: ProcessInfo.processInfo.physicalMemory) / (2 * ranksOnHost))
    }
}

/// The size of a job, as far as its cost depends on it.
public struct JobSize: Equatable, Sendable {
    /// Runs R, test examples T, training examples N, classes C, and neighbors kept for each test example.
    public let runs, test, train, classes, neighbors: Int

    /// A job of R runs, T test examples, N training examples, C classes and k neighbors.
    public init(runs: Int, test: Int, train: Int, classes: Int, neighbors: Int) {
        self.runs = runs
        self.test = test
        self.train = train
        self.classes = classes
        self.neighbors = neighbors
    }
}
