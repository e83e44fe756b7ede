import ArrayFiles
import ParallelRanges
import Platform

/// The division of the memory that a rank may use: a fixed part that every job needs, and the rest for tiles.
public struct MemoryBudget: Equatable, Sendable {
    /// Bytes that a rank of this job holds regardless of its tiles: the moments of all test examples and of its own
    /// training examples, the neighbors found, and the libraries' own memory.
    public let fixed: Int

    /// Bytes held by MPI, BLAS, oneDNN and the Swift library themselves, as measured.
    private static let libraries = 32 << 20
    /// Bytes below which tiles would be too small to be worthwhile.
    private static let leastForTiles = 4 << 20

    /// The budget of a job on a grid.
    ///
    /// - Parameter grid: Determines the numbers of training examples and results of a rank.
    public init(_ job: JobSize, on grid: ProcessGrid) {
        let columns = Partition(job.train, grid.train).longest
        let ownTest = Partition(job.test, grid.size).longest
        let ownTrain = Partition(columns, grid.runs).longest
        let number = MemoryLayout<Double>.stride
        // Mean and scale, once as gathered and once in their final positions; and the sums of the rank's own share.
        let moments = 4 * number * job.classes * (job.test + columns)
        let sums = MomentSums.bytes * job.classes * max(ownTest, ownTrain)
        // Products, indices, similarities and labels of the neighbors.
        let results = 5 * number * job.neighbors * ownTest
        fixed = Self.libraries + moments + sums + results
    }

    /// The smallest memory in bytes with which a rank of this job can work.
    public var least: Int { fixed + Self.leastForTiles }

    /// The default memory of a rank in bytes: half of the host's memory divided among its ranks, or half of what
    /// `ulimit -v` leaves, but no more than makes anything faster.
    public static func usual(ranksOnHost: Int) -> Int {
        let shared = Int(clamping: ProcessInfo.processInfo.physicalMemory) / (2 * ranksOnHost)
        return min(1 << 30, shared, AddressSpace.left.map { $0 / 2 } ?? .max)
    }
}

/// The size of a job: all numbers that determine its cost.
public struct JobSize: Equatable, Sendable {
    /// Numbers of runs R, test examples T, training examples N, classes C, and neighbors kept for each test example.
    public let runs, test, train, classes, neighbors: Int
    /// Whether the test examples are the training examples.
    public let isSymmetric: Bool

    /// A job of R runs, T test examples, N training examples, C classes and k neighbors.
    public init(runs: Int, test: Int, train: Int, classes: Int, neighbors: Int) {
        self.runs = runs
        self.test = test
        self.train = train
        self.classes = classes
        self.neighbors = neighbors
        isSymmetric = false
    }

    /// A search among N training examples for k neighbors of each, without itself.
    public init(runs: Int, among train: Int, classes: Int, neighbors: Int) {
        self.runs = runs
        (test, self.train) = (train, train)
        self.classes = classes
        // The example itself is found, too.
        self.neighbors = neighbors + 1
        isSymmetric = true
    }
}
