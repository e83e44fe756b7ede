import Ensembles
import MessagePassing
import ParallelRanges
import Platform

/// The cost of a job on a grid of ranks: seconds by phase, memory, bytes read and sent.
///
/// Dividing the training examples among the ranks needs no reduction of products, but every rank holds the codes of all
/// test examples. Dividing the runs divides these codes as well, but sends the products of all pairs over the network.
public struct CostModel: Sendable {
    /// The searches of the job, which are done one after the other.
    public let searches: [JobSize]
    /// The rates of the machine.
    public let rates: MachineRates
    /// Number of threads of each rank.
    public let threads: Int
    /// Bytes of memory that each rank may use.
    public let memory: Int
    /// The precision of the screening pass.
    public let screen: Screen
    /// Number of bytes of a logit in the files.
    public let logitBytes: Int
    /// Number of ranks per host; nil if all are on one host. With several hosts, ``MachineRates/bytes`` is the rate
    /// between them.
    public let ranksOfHost: Int?

    /// The cost of the job on a grid of ranks.
    public struct Cost: Codable, Equatable, Sendable {
        /// Number of parts into which the runs are divided, and the training examples.
        public let grid: ProcessGrid
        /// Seconds by phase of the slowest rank.
        public let seconds: PhaseSeconds
        /// The part of these seconds spent sending and receiving.
        public let communication_seconds: Double
        /// Bytes of memory used by a rank, without pages of mapped files.
        public let memory_bytes: Int
        /// The smallest memory of a rank in bytes with which the job is accepted.
        public let least_memory_bytes: Int
        /// Bytes that all ranks read from files, counted again in each pass.
        public let bytes_read: Int
        /// Bytes that all ranks pass to collectives.
        public let bytes_communicated: Int
        /// How each search of the job is divided.
        public let searches: [Division]

        /// Number of ranks.
        public var ranks: Int { grid.size }
    }

    /// The tiles of a search on a rank, and the pairs that its screen leaves.
    public struct Division: Codable, Equatable, Sendable {
        /// Number of tiles of test examples, and of training tiles for each of them.
        public let test_tiles, train_tiles: Int
        /// Number of blocks of runs whose products are added up.
        public let run_blocks: Int
        /// Number of pairs, on all ranks, that are computed from high limbs first, and exactly.
        public let narrowed_pairs, refined_pairs: Int
    }

    /// Passes over the test examples for the averages: of logits, of probabilities, and the most likely class.
    private static let averagePasses = 3.0
    /// The work per logit in each phase, in units of the work that ``MachineRates/logits`` measures; for the averages,
    /// in all their passes together.
    private static let (averageWork, momentWork, screenWork, refineWork) = (2.3, 1.15, 1.2, 1.15)
    /// The work per byte of a reduced tile, in units of the work that ``MachineRates/bytes`` measures: tiles are larger
    /// than the buffer reduced there, and in memory that is new to MPI every time.
    private static let reduceWork = 2.4
    /// The work per moment of an (example, class) in addition to the work per logit, in the same unit.
    private static let workOfMoment = 40.0
    /// Seconds of one core for: writing the product of a pair for a block of runs; comparing a pair with the
    /// thresholds; collecting, sorting and merging the candidates of each neighbor sought; inserting an exactly
    /// computed pair into its list.
    private static let (writePair, screenPair, findNeighbor, sortPair) = (0.8e-9, 1.7e-9, 0.4e-6, 80e-9)

    /// The costs of a job on a machine with the given rates.
    public init(
        searches: [JobSize], rates: MachineRates, threads: Int, memory: Int, screen: Screen, logitBytes: Int = 2,
        ranksOfHost: Int? = nil
    ) {
        self.searches = searches
        self.rates = rates
        self.threads = threads
        self.memory = memory
        self.screen = screen
        self.logitBytes = logitBytes
        self.ranksOfHost = ranksOfHost
    }

    /// The cost on the grid of `ranks` ranks that splits the runs least, among those of about the smallest predicted
    /// time: if only the training examples are divided, memory does not grow with the runs. Grids that need more than
    /// the memory are excluded, unless all do.
    public func cheapest(ranks: Int) -> Cost {
        let grids = (1...ranks).filter { ranks.isMultiple(of: $0) }.map { ProcessGrid(runs: $0, train: ranks / $0) }
        let fitting = grids.filter { grid in
            searches.allSatisfy { MemoryBudget($0, on: grid).least <= memory }
        }
        let costs = (fitting.isEmpty ? grids : fitting).map(cost)
        let least = costs.map(\.seconds.total).min()!
        return costs.first { $0.seconds.total <= least * Self.worthSplittingRuns }!
    }

    /// The largest number of ranks per host; nil if all are on one host. Collective over `world`: every rank calls it.
    ///
    /// - Throws: `MPIError`.
    public static func ranksOfHost(_ world: Communicator) throws -> Int? {
        let most = try world.allreduce(world.splitByHost().size, .max)
        return most < world.size ? most : nil
    }

    /// Numbers of pairs per test example, on all ranks, that are computed from high limbs first (0 if that does not
    /// pay) and exactly, if the logits of `transformed` examples must be transformed for it.
    ///
    /// Similarities are about normal, and the smaller the share of examples sought, the faster their tail falls off and
    /// the more of them a screen's interval contains. Synthetic ensembles with 10 classes and 5,000 to 50,000 training
    /// examples have 1.5 to 3.5 pairs for each neighbor sought with codes up to 127, 3.2 to 5.5 with codes up to 90.
    /// With floats the intervals contain next to no other pairs: 1.09 for 5,000 x 20,000 examples.
    private func pairsOfRow(_ job: JobSize, transformed: Double) -> (narrowed: Double, exact: Double) {
        let (test, train, neighbors) = (Double(job.test), Double(job.train), Double(job.neighbors))
        func atMostAll(_ ofNeighbor: Double) -> Double { min(train, ofNeighbor * neighbors) }
        guard screen == .int8 else { return (0, atMostAll(1.1)) }
        let quantile = (2 * log(train / neighbors)).squareRoot()
        let width = max(0.5, quantile - 2.3) * 127 / Double(rates.largestCode ?? 127)
        let (likely, candidates) = (atMostAll(exp(width)), atMostAll(exp(2 * width)))
        let isWorthNarrowing = SearchConstants.isWorthNarrowing(
            candidates: test * candidates, neighbors: test * neighbors, transformed: transformed)
        return isWorthNarrowing ? (likely, atMostAll(SearchConstants.exactPairsOfNeighbor)) : (0, candidates)
    }

    /// Larger numbers of bytes are capped: such a job has too little memory, or is beyond any machine.
    private static let uncountable = 0x1p62

    /// A grid that splits the runs more must be faster by this factor.
    private static let worthSplittingRuns = 1.1

    /// The cost on a given grid.
    public func cost(on grid: ProcessGrid) -> Cost {
        let costs = searches.map { cost(of: $0, on: grid) }
        return Cost(
            grid: grid, seconds: costs.reduce(into: PhaseSeconds()) { $0 += $1.seconds },
            communication_seconds: costs.reduce(0) { $0 + $1.communication_seconds },
            memory_bytes: costs.map(\.memory_bytes).max() ?? 0,
            least_memory_bytes: costs.map(\.least_memory_bytes).max() ?? 0,
            bytes_read: costs.reduce(0) { $0 + $1.bytes_read },
            bytes_communicated: costs.reduce(0) { $0 + $1.bytes_communicated },
            searches: costs.flatMap(\.searches))
    }

    private func cost(of job: JobSize, on grid: ProcessGrid) -> Cost {
        let runs = Partition(job.runs, grid.runs).longest
        let columns = Partition(job.train, grid.train).longest
        let codeBytes = screen.backend.codeBytes
        let budget = MemoryBudget(job, on: grid)
        let tiling = Tiling(
            runs: runs, test: job.test, train: columns, classes: job.classes, neighbors: job.neighbors,
            trainRanks: grid.train, isSymmetric: job.isSymmetric, codeBytes: codeBytes,
            bytes: max(0, memory - budget.fixed))
        let testTiles = Double(tiling.testTiles.count)
        let trainTiles = Double(tiling.trainTiles(of: 0..<columns).count)
        let runBlocks = Double(tiling.runBlocks(of: 0..<runs).count)
        // A test tile of all runs is kept while the train tiles are processed.
        let testFills = runBlocks == 1 ? 1 : trainTiles

        let depth = Double(runs * job.classes)
        let allDepth = Double(job.runs * job.classes)
        let (test, train, classes) = (Double(job.test), Double(columns), Double(job.classes))
        let (ranks, runsAxis, trainAxis) = (Double(grid.size), Double(grid.runs), Double(grid.train))
        let (neighbors, cores) = (Double(job.neighbors), Double(threads))
        // The ranks of a row on the same host divide the work on the test examples that all of them need. A host has
        // whole columns of the grid, unless a column is on several hosts.
        let ofHost = Double(min(ranksOfHost ?? grid.size, grid.size))
        let hostAxis = min(trainAxis, max(1, (ofHost / runsAxis).rounded(.down)))
        let (ownTest, ownTrain, sharedTest) = (test / ranks, train / runsAxis, test / hostAxis)
        // In a half square the columns are rows, whose logits are there, and pairs are computed once.
        let (columnsOfTiles, pairsOnce) = tiling.isHalved ? (0, 0.75) : (testTiles * train, 1)
        let ofRow = pairsOfRow(job, transformed: sharedTest * trainAxis + columnsOfTiles * trainAxis)
        let (narrowedPairs, exactPairs) = (
            pairsOnce * test * ofRow.narrowed / trainAxis, pairsOnce * test * ofRow.exact / trainAxis
        )
        let pairs = narrowedPairs + exactPairs
        let limbsOfPass = narrowedPairs > 0 ? [1.0, 2.0] : [2.0]
        let refinePasses = Double(limbsOfPass.count)

        // Numbers of logits that a rank transforms in each phase.
        let averageLogits = job.isSymmetric ? 0 : allDepth * ownTest
        let momentLogits = allDepth * (ownTest + (job.isSymmetric ? 0 : ownTrain))
        let screenLogits = depth * (testFills * sharedTest + columnsOfTiles)
        let refineLogits = refinePasses * depth * (sharedTest + columnsOfTiles)
        let products = test * train * (tiling.isHalved ? (1 + 1 / (trainTiles * trainAxis)) / 2 : 1)

        // Bytes that a rank passes to the collectives of its row and column: none if there is only one rank.
        func given(_ bytes: Double, over axis: Double) -> Double { axis > 1 ? bytes : 0 }
        let testMomentBytes = given(16 * (classes + 1) * ownTest, over: ranks)
        let trainMomentBytes = given(16 * (classes + 1) * ownTrain, over: runsAxis)
        let panelBytes = given(testFills * sharedTest * depth * Double(codeBytes), over: hostAxis)
        let productBytes = given(4 * products, over: runsAxis)
        // Thresholds are exchanged after 1, 2, 4 ... tiles and at the end, as the counts of 40 bins.
        let exchanges = log2(trainTiles).rounded(.up) + 2
        let countBytes = given(160 * exchanges * test / runsAxis, over: trainAxis)
        let listBytes = given(neighbors * (16 + 3 * 4) * test / runsAxis, over: trainAxis)
        let limbBytes = given(limbsOfPass.reduce(0, +) * sharedTest * depth * 2, over: hostAxis)
        let pairBytes = given(8 * pairs + 4 * pairs / runsAxis, over: runsAxis)

        // Large buffers pass around a ring of the ranks of an axis. Only the last of those on a host sends to another
        // host, at the rate of all of them together.
        let rateOfHost = ranksOfHost == nil ? rates.bytes : max(rates.bytes, MachineRates.typical.bytes)
        let runsOnHost = min(runsAxis, ofHost)
        func rateOfRing(_ axis: Double, onHost: Double) -> Double {
            axis <= onHost ? rateOfHost : min(rateOfHost, rates.bytes * onHost)
        }
        // A rank receives the bytes of all others on the axis; reduced bytes circulate twice.
        func gathering(_ bytes: Double, of axis: Double, onHost: Double) -> Double {
            bytes * (axis - 1) / rateOfRing(axis, onHost: onHost)
        }
        func reducing(_ bytes: Double, over axis: Double, onHost: Double, work: Double = 1) -> Double {
            2 * bytes * (axis - 1) / axis * max(work / rateOfHost, 1 / rateOfRing(axis, onHost: onHost))
        }
        // Each rank sends to all others of the axis, most of which are on other hosts.
        func exchanging(_ bytes: Double, of axis: Double, onHost: Double) -> Double {
            bytes * (axis - 1) / axis / (axis <= onHost ? rateOfHost : rates.bytes)
        }
        func starting(_ calls: Double, of axis: Double) -> Double { calls * rates.latency * log2(axis).rounded(.up) }
        let tiles = testTiles * trainTiles
        let blocks = refinePasses * testTiles * Double(SearchConstants.limbBlocks(runs: runs, classes: job.classes))
        let communication = PhaseSeconds(
            read: gathering(testMomentBytes, of: ranks, onHost: ofHost)
                + gathering(trainMomentBytes, of: runsAxis, onHost: runsOnHost) + starting(4, of: ranks),
            standardize: gathering(panelBytes, of: hostAxis, onHost: hostAxis)
                + starting(testFills + testTiles, of: hostAxis) + starting(tiles, of: runsAxis),
            reduce: reducing(productBytes, over: runsAxis, onHost: runsOnHost, work: Self.reduceWork)
                + starting(tiles, of: runsAxis),
            select: exchanging(listBytes, of: trainAxis, onHost: hostAxis)
                + reducing(countBytes, over: trainAxis, onHost: hostAxis)
                + starting(tiles + (8 + 2 * exchanges) * testTiles, of: ranks),
            refine: gathering(limbBytes, of: hostAxis, onHost: hostAxis)
                + gathering(12 * pairs / runsAxis, of: runsAxis, onHost: runsOnHost)
                + starting(blocks, of: hostAxis))

        func transforming(_ logits: Double) -> Double { logits / (rates.logits * cores) }
        var seconds = PhaseSeconds(
            read: transforming(Self.averageWork * averageLogits + Self.momentWork * momentLogits)
                + Self.workOfMoment * classes * (ownTest + ownTrain) / rates.logits,
            standardize: transforming(Self.screenWork * screenLogits),
            product: products * (2 * depth / rates.products + Self.writePair * runBlocks) / cores,
            select: test / runsAxis * (Self.screenPair * train + Self.findNeighbor * neighbors) / cores,
            refine: transforming(Self.refineWork * refineLogits)
                + ((SearchConstants.workOfNarrowing * narrowedPairs + exactPairs) * depth / rates.exactProducts
                    + exactPairs * Self.sortPair / runsAxis) / cores)
        seconds += communication
        let read =
            (Self.averagePasses * averageLogits + momentLogits + screenLogits + refineLogits) * Double(logitBytes)
            * ranks
        let momentBytes = testMomentBytes + trainMomentBytes
        let ofTiles = panelBytes + productBytes + countBytes + listBytes + limbBytes + pairBytes
        let sent = (momentBytes + ofTiles) * ranks
        return Cost(
            grid: grid, seconds: seconds,
            communication_seconds: communication.total,
            memory_bytes: budget.fixed + tiling.bytes(classes: job.classes, neighbors: job.neighbors, codeBytes),
            least_memory_bytes: budget.least,
            bytes_read: Int(min(read, Self.uncountable)), bytes_communicated: Int(min(sent, Self.uncountable)),
            searches: [
                Division(
                    test_tiles: Int(testTiles), train_tiles: Int(trainTiles), run_blocks: Int(runBlocks),
                    narrowed_pairs: Int(min(narrowedPairs * trainAxis, Self.uncountable)),
                    refined_pairs: Int(min(exactPairs * trainAxis, Self.uncountable)))
            ])
    }
}
