import MessagePassing

/// What a job costs on a grid of ranks: seconds by phase, memory, bytes read and sent.
///
/// Sharing the train examples needs no reduction of products, but every rank holds the counts of all test examples.
/// Sharing the runs divides these as well, but sends the products of all pairs over the network.
public struct CostModel: Sendable {
    /// The job.
    public let job: JobSize
    /// How fast its parts are done.
    public let rates: MachineRates
    /// Threads of each rank.
    public let threads: Int
    /// Bytes that each rank may use.
    public let memory: Int
    /// The arithmetic in which all pairs are compared.
    public let screen: Screen
    /// Bytes of a logit in the files.
    public let logitBytes: Int

    /// A grid of ranks, and what the job costs on it.
    public struct Cost: Codable, Equatable, Sendable {
        /// Ranks that share the runs, and ranks that share the train examples.
        public let grid: Summary.Grid
        /// Seconds of the slowest rank by phase.
        public let seconds: PhaseSeconds
        /// Bytes that a rank uses, pages of mapped files apart.
        public let memory_bytes: Int
        /// Bytes that all ranks read from files, again in each pass.
        public let bytes_read: Int
        /// Payload that all ranks give to collectives.
        public let bytes_communicated: Int

        /// The number of ranks.
        public var ranks: Int { grid.runs * grid.train }
    }

    /// Candidates computed exactly for each neighbour sought, as seen on real and synthetic ensembles, and the passes
    /// over the runs that they take.
    private static let (candidatesOfNeighbour, refinePasses) = (4.0, 2.0)
    /// The pass over the test examples for the averages, in passes for the moments: logits, probabilities, likeliest class.
    private static let averagePasses = 2.5

    /// The costs of a job on this machine, or on one with other rates.
    public init(
        job: JobSize, rates: MachineRates, threads: Int, memory: Int, screen: Screen, logitBytes: Int = 2
    ) {
        self.job = job
        self.rates = rates
        self.threads = threads
        self.memory = memory
        self.screen = screen
        self.logitBytes = logitBytes
    }

    /// The cost on the grid of `ranks` ranks that splits the runs least, among those of about the smallest predicted time:
    /// where ranks share the train examples, memory does not grow with the runs.
    public func cheapest(ranks: Int) -> Cost {
        let costs = (1...ranks).filter { ranks.isMultiple(of: $0) }
            .map { cost(on: ProcessGrid(runs: $0, train: ranks / $0)) }
        let least = costs.map(\.seconds.total).min()!
        return costs.first { $0.seconds.total <= least * Self.worthSplittingRuns }!
    }

    /// A grid that splits the runs more has to be faster than this.
    private static let worthSplittingRuns = 1.1

    /// The cost on a grid.
    public func cost(on grid: ProcessGrid) -> Cost {
        let runs = Partition(job.runs, grid.runs).longest
        let columns = Partition(job.train, grid.train).longest
        let countBytes = screen.countBytes
        let budget = MemoryBudget(job, on: grid)
        let tiling = Tiling(
            runs: runs, test: job.test, train: columns, classes: job.classes, neighbours: job.neighbours,
            trainRanks: grid.train, countBytes: countBytes, bytes: max(0, memory - budget.fixed))
        let testTiles = Double(tiling.testTiles.count)
        let trainTiles = Double(tiling.trainTiles(of: 0..<columns).count)
        // A test tile of all runs is kept while the train tiles pass.
        let testFills = tiling.runsOfBlock >= runs ? 1 : trainTiles

        let depth = Double(runs * job.classes)
        let allDepth = Double(job.runs * job.classes)
        let (test, train, ranks) = (Double(job.test), Double(columns), Double(grid.size))
        let (runsAxis, trainAxis) = (Double(grid.runs), Double(grid.train))
        let cores = Double(threads)
        let sharedTest = test / trainAxis
        let pairs = test * min(Self.candidatesOfNeighbour * Double(job.neighbours), Double(job.train)) / trainAxis

        // Logits that a rank transforms in each of the phases.
        let momentLogits = allDepth * ((1 + Self.averagePasses) * test / ranks + train / runsAxis)
        let screenLogits = depth * (testFills * sharedTest + testTiles * train)
        let refineLogits = Self.refinePasses * depth * (sharedTest + testTiles * train)

        // Bytes that a rank gives to the collectives of its row and column: nothing where there is but one rank.
        func given(_ bytes: Double, over axis: Double) -> Double { axis > 1 ? bytes : 0 }
        let momentBytes =
            given(16 * Double(job.classes) * test / ranks, over: ranks)
            + given(16 * Double(job.classes) * train / runsAxis, over: runsAxis)
        let panelBytes = given(testFills * sharedTest * depth * Double(countBytes), over: trainAxis)
        let productBytes = given(4 * test * train, over: runsAxis)
        let listBytes = given(Double(job.neighbours) * (16 + 3 * 4) * test / runsAxis, over: trainAxis)
        let exactBytes =
            given(Self.refinePasses * sharedTest * depth * 4, over: trainAxis) + given(12 * pairs, over: runsAxis)
        // What is gathered arrives from all ranks of the axis.
        func seconds(gathered: Double, of axis: Double) -> Double { gathered * axis / rates.bytes }

        var result = PhaseSeconds()
        result.read =
            momentLogits / (rates.logits * cores) + seconds(gathered: momentBytes, of: ranks) + rates.latency
        result.standardise =
            screenLogits / (rates.logits * cores) + seconds(gathered: panelBytes, of: trainAxis)
            + testTiles * trainTiles * rates.latency
        result.product = 2 * depth * test * train / (rates.products * cores)
        result.reduce = productBytes / rates.bytes
        result.select =
            test / runsAxis * train / (Self.screenedPairs * cores) + listBytes / rates.bytes
            + (testTiles * trainTiles + 8) * rates.latency
        result.refine =
            pairs * depth / (rates.exactProducts * cores) + refineLogits / (rates.logits * cores)
            + seconds(gathered: exactBytes, of: trainAxis) + Self.refinePasses * 8 * rates.latency
        result.total =
            result.read + result.standardise + result.product + result.reduce + result.select + result.refine
        let read = (momentLogits + screenLogits + refineLogits) * Double(logitBytes) * ranks
        let sent = (momentBytes + panelBytes + productBytes + listBytes + exactBytes) * ranks
        return Cost(
            grid: Summary.Grid(runs: grid.runs, train: grid.train), seconds: result,
            memory_bytes: budget.fixed + tiling.bytes(classes: job.classes, neighbours: job.neighbours, countBytes),
            bytes_read: Int(read), bytes_communicated: Int(sent))
    }

    /// Pairs that a core holds against the thresholds in a second, their candidates collected and sorted out.
    private static let screenedPairs = 0.25e9
}
