import ArgumentParser
import EnsembleKernel
import Foundation
import KernelPrediction
import MessagePassing
import ParallelRanges

/// `plan`: the estimated cost of a prediction, before there are any files.
struct PlanCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Estimate the time, memory and traffic of a prediction, and the grid.",
        discussion: """
            Rates of one core and of the messages between ranks are measured on this machine for some milliseconds \
            (under mpirun with its ranks), or given by the options. All ranks are taken to have cores of their own. \
            I/O time is not included; the bytes read say what to expect.
            What is printed as JSON has the rates, and --rates takes them from there: measured on a node, they serve \
            wherever the plan is made.

            EXAMPLES
              ensemble-kernel-mpi plan --runs 20000 --test 10000 --train 50000 --classes 10 --ranks 64
              mpirun -n 2 ensemble-kernel-mpi plan --runs 500 --test 10000 --train 50000 --format json > node.json
              ensemble-kernel-mpi plan --runs 20000 --test 10000 --train 50000 --ranks 64 --rates node.json
            """)

    @Option(help: "Number of runs.")
    var runs: Int

    @Option(help: "Number of test examples.")
    var test: Int

    @Option(help: "Number of training examples.")
    var train: Int

    @Option(help: "Number of classes.")
    var classes = 10

    @Option(help: "Ranks to plan for. [default: those that run this]")
    var ranks: Int?

    @Option(
        help: """
            Ranks of a host, where there are several; --bandwidth is then that of the network for each of its ranks. \
            [default: as those that run this are, or all on one]
            """)
    var ranksPerHost: Int?

    @Option(
        help: ArgumentHelp(
            "Ranks that share the runs x ranks that share the training examples. [default: the fastest for the ranks]",
            valueName: "RxT"))
    var grid: ProcessGrid?

    @Option(help: "Threads of each rank.")
    var threads = 1

    @Option(help: "Neighbors to keep of each test example. [default: 101, or all training examples if fewer]")
    var kMax: Int?

    @Option(help: "Bytes of a logit in the files.")
    var logitBytes = 2

    @Option(
        help: ArgumentHelp(
            "Plan for predict --select: loo, which also compares the training examples with one another.",
            valueName: "method"))
    var select: SelectionMethod?

    @OptionGroup var scaling: ScalingOptionGroup

    @Flag(help: "Plan for predict --joint, which also compares test examples with one another.")
    var joint = false

    @OptionGroup var rates: RatesOptionGroup
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
        if let kMax, kMax > train { throw ValidationError("--k-max \(kMax): there are \(train) training examples") }
        if let grid, let ranks, grid.size != ranks {
            throw ValidationError("--grid \(grid): has places for \(grid.size) ranks, not for \(ranks)")
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
