import ArgumentParser
import EnsembleKernel
import KernelPrediction
import MessagePassing
import ParallelRanges
import Platform

/// `plan`: the estimated cost of a prediction, before there are any files.
struct PlanCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Estimate the time, memory and traffic of predict.",
        discussion: """
            The speed of a core and of messages is measured on this machine in a few milliseconds (of messages under \
            mpirun only), or given by the rate options. The estimate assumes that every rank has a core of its own. \
            I/O time is not included.

            To plan for another machine, save the output of plan --format json there, and give that file to --rates.

            EXAMPLES
              ensemble-kernel-mpi plan --runs 20000 --test 10000 --train 50000 --ranks 64
              mpirun -n 2 ensemble-kernel-mpi plan --runs 500 --test 10000 \\
                  --train 50000 --format json > node.json
              ensemble-kernel-mpi plan --runs 500 --test 10000 --train 50000 \\
                  --ranks 64 --rates node.json
            """)

    @Option(help: ArgumentHelp("Number of runs.", valueName: "n"))
    var runs: Int

    @Option(help: ArgumentHelp("Number of test examples.", valueName: "n"))
    var test: Int

    @Option(help: ArgumentHelp("Number of training examples.", valueName: "n"))
    var train: Int

    @Option(help: ArgumentHelp("Number of classes.", valueName: "n"))
    var classes = 10

    @Option(help: ArgumentHelp("Number of ranks. (default: those of this command)", valueName: "n"))
    var ranks: Int?

    @Option(
        help: ArgumentHelp(
            """
            Ranks per host. --bandwidth is then each rank's share of the network. (default: as in this command, or all \
            on one host)
            """, valueName: "n"))
    var ranksPerHost: Int?

    @Option(
        help: ArgumentHelp(
            """
            Divide the runs into R parts and the training examples into N parts, for R times N ranks. (default: the \
            fastest)
            """, valueName: "RxN"))
    var grid: ProcessGrid?

    @Option(
        name: [.customShort("j", allowingJoined: true), .long],
        help: ArgumentHelp("Threads of each rank.", valueName: "n"))
    var threads = 1

    @Option(help: ArgumentHelp("Number of neighbors to save for each test example. (default: 101)", valueName: "n"))
    var kMax: Int?

    @Option(help: ArgumentHelp("Bytes per logit in the files.", valueName: "n"))
    var logitBytes = 2

    @Option(
        help: ArgumentHelp(
            "Plan for predict --select loo, which also compares training examples with one another.",
            valueName: "method"))
    var select: SelectionMethod?

    @OptionGroup var scaling: ScalingOptionGroup

    @Flag(help: "Plan for predict --joint, which also compares test examples with one another.")
    var joint = false

    @OptionGroup(title: "Rate options") var rates: RatesOptionGroup
    @OptionGroup var screen: ScreenOption
    @OptionGroup var memory: MemoryOption
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { nil }

    func validate() throws {
        let sizes = [
            ("--runs", runs, 2), ("--test", test, 1), ("--train", train, 1), ("--classes", classes, 1),
            ("--ranks", ranks ?? 1, 1), ("--ranks-per-host", ranksPerHost ?? 1, 1), ("--threads", threads, 1),
            ("--k-max", kMax ?? 1, 1), ("--logit-bytes", logitBytes, 1),
        ]
        for (name, value, least) in sizes {
            guard value >= least else { throw ValidationError("\(name) \(value): must be at least \(least)") }
            guard value <= 1 << 31 else { throw ValidationError("\(name) \(value): must be at most 2^31") }
        }
        try scaling.require(forJoint: joint)
        if let kMax, kMax > train {
            throw ValidationError("--k-max \(kMax): must not exceed the \(train) training examples")
        }
        if let grid, let ranks, grid.size != ranks {
            throw ValidationError("--grid \(grid): needs \(grid.size) ranks, not \(ranks)")
        }
    }

    /// Number of neighbors that are kept.
    private var kept: Int { kMax ?? min(101, train) }

    /// Number of nearest examples by which the kernel is scaled; nil to leave it as it is.
    private var nearest: Int? { scaling.requested?.nearest(of: train, kept: kept) }

    /// The searches of `predict` with these options.
    private var searches: [JobSize] {
        let search = JobSize(runs: runs, test: test, train: train, classes: classes, neighbors: kept)
        let amongTrain = max(select == nil ? 0 : min(kept, train - 1), nearest ?? 0)
        let ofTrain =
            amongTrain > 0 ? JobSize(runs: runs, among: train, classes: classes, neighbors: amongTrain) : nil
        let isScaledAmongTrain = select != nil && nearest != nil && train > 1
        let scaledOfTrain =
            isScaledAmongTrain
            ? JobSize(runs: runs, among: train, classes: classes, neighbors: min(voters, train - 1)) : nil
        return [search] + [ofTrain, nearest.map { _ in search }, scaledOfTrain].compactMap(\.self)
            + (joint ? searchesOfJoint : [])
    }

    /// Number of neighbors of the votes by the scaled kernel.
    private var voters: Int { min(PredictionOptions.Votes().weightedK, kept) }

    /// The searches by which test examples become neighbors, too.
    private var searchesOfJoint: [JobSize] {
        let nearest = nearest ?? 1
        func ofTest(_ neighbors: Int) -> JobSize? {
            test > 1 ? JobSize(runs: runs, among: test, classes: classes, neighbors: min(neighbors, test - 1)) : nil
        }
        return [
            ofTest(nearest),
            JobSize(runs: runs, test: train, train: test, classes: classes, neighbors: min(nearest, test)),
            JobSize(runs: runs, test: test, train: train, classes: classes, neighbors: voters), ofTest(voters),
        ].compactMap(\.self)
    }

    func run(world: Communicator) throws {
        let screen = try SearchMachine.agreed(screen.requested, world: world)
        let rates = try rates.machineRates(screen, world: world)
        let bytes = try SearchMachine.bytesPerRank(memory.memory?.bytes, world: world)
        let ranksOfHost = try ranksPerHost ?? CostModel.ranksOfHost(world)
        guard world.rank == 0 else { return }
        let model = CostModel(
            searches: searches, rates: rates, threads: threads, memory: bytes, screen: screen, logitBytes: logitBytes,
            ranksOfHost: ranksOfHost)
        let report = PlanReport(model, plan: grid.map(model.cost) ?? model.cheapest(ranks: ranks ?? world.size))
        try output.print(text: report.text, json: report.json())
    }
}
