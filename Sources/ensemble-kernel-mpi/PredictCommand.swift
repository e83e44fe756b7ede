import ArgumentParser
import EnsembleKernel
import MessagePassing

/// How a vote is chosen.
enum SelectionMethod: String, ExpressibleByArgument, CaseIterable {
    case loo
}

extension Transform: ExpressibleByArgument {}
extension ProcessGrid: ExpressibleByArgument {}

/// `predict`: k-NN with the ensemble kernel.
struct PredictCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Find each test example's nearest training examples by the ensemble kernel, and let them vote.",
        discussion: """
            ENSEMBLE is a folder with logits.npy (runs, test, classes) and logits_train.npy (runs, train, classes), a \
            .pt, .npz or .safetensors file with tensors of those names, or a folder of such files; several are \
            concatenated along the runs. Labels (labels.npy, labels_train.npy, or tensors of these names) are needed \
            for votes and accuracies only.

            With --out the folder gets summary.json, neighbors.npy (int64, best first), similarities.npy (float32) \
            and predictions.csv, where `ensemble` is the class with the largest mean logit; until they are there, a \
            checkpoint, from which the same command goes on with --resume.

            EXAMPLES
              ensemble-kernel-mpi predict log.pt
              mpirun -n 4 ensemble-kernel-mpi predict runs/ more-runs/ --k 5 --out results
              mpirun -n 4 ensemble-kernel-mpi predict logs_saveoutputs_main --dataset cifar-10-batches-py
            """)

    @OptionGroup var ensemble: EnsembleOptionGroup

    @Option(help: "Neighbours of the majority vote. [default: 3, or --k-max if that is fewer]")
    var k: Int?

    @Option(help: "Neighbours of the weighted vote. [default: 20, or --k-max if that is fewer]")
    var weightedK: Int?

    @Option(help: "Power of the similarity in the weighted vote.")
    var power = 4.0

    @Option(help: "Neighbours to keep of each test example. [default: 101, or all training examples if fewer]")
    var kMax: Int?

    @Option(
        help: """
            Choose k, vote and power without a look at test labels: loo, by how well they predict each training example from \
            the others.
            """)
    var select: SelectionMethod?

    @Option(help: "What the logits become before they are standardised: log-softmax, softmax or raw.")
    var transform = Transform.logSoftmax

    @Option(
        help: ArgumentHelp(
            """
            Ranks that share the runs x ranks that share the training examples. [default: what a cost model finds \
            fastest, with no more ranks than cores]
            """, valueName: "RxT"))
    var grid: ProcessGrid?

    @Option(help: "Folder for the results; nothing is written without it.")
    var out: String?

    @Flag(help: "Show the seconds of each phase, of the slowest and of the fastest rank.")
    var phases = false

    @OptionGroup var search: SearchOptionGroup
    @OptionGroup var checkpoints: CheckpointOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        guard power.isFinite, power >= 0 else { throw ValidationError("--power \(power): must be 0 or more") }
        for (name, value) in [("--k", k), ("--weighted-k", weightedK), ("--k-max", kMax)] {
            if let value, value < 1 { throw ValidationError("\(name) \(value): must be at least 1") }
            if let value, let kMax, value > kMax {
                throw ValidationError("\(name) \(value): more than the neighbours that --k-max \(kMax) keeps")
            }
        }
    }

    func run(world: Communicator) throws {
        if out != nil { checkpoints.listen() }
        // Ranks that share a core take longer than one rank there; a grid that is asked for is kept all the same.
        let workers = grid == nil ? try search.parallel.ranksWithCores(world: world) : world
        if let workers { try predict(world: workers, idleRanks: world.size - workers.size) }
    }

    private func predict(world: Communicator, idleRanks: Int) throws {
        let ensemble = try self.ensemble.open(world: world)
        let results = try out.map { try ResultsFolder($0, world: world) }
        var options = PredictionOptions()
        let train = ensemble.train?.examples ?? .max
        options.kMax = kMax ?? max(k ?? 0, weightedK ?? 0, min(options.kMax, train))
        options.k = k ?? min(options.k, options.kMax, train)
        options.weightedK = weightedK ?? min(options.weightedK, options.kMax, train)
        options.power = power
        options.selectsByLeaveOneOut = select == .loo
        options.transform = transform
        options.grid = grid
        options.idleRanks = idleRanks
        try search.set(&options, world: world)
        let bar = search.parallel.progressBar("kernel", world: world)
        let checkpoint = try out.map { try checkpoints.open("\($0)/checkpoint", world: world) }
        let prediction = try Prediction(
            of: ensemble, options: options, checkpoint: checkpoint, world: world, version: RootCommand.version
        ) { bar.update($0) }
        try results?.write(prediction)
        try checkpoint?.remove()
        let summary = prediction.summary
        search.parallel.eventLog(world: world).write("rank_activity", summary.rank_activity[world.rank])
        guard world.rank == 0 else { return }
        if idleRanks > 0 {
            Diagnostics.warn(
                """
                \(idleRanks) of \(summary.ranks) ranks were left idle: their hosts have no cores for them \
                (--grid RxT puts all to work)
                """)
        } else if summary.idleRanks > 0 {
            Diagnostics.warn(
                """
                \(summary.idleRanks) of \(summary.ranks) ranks were idle: the grid has places for \
                \(summary.grid.runs) shares of \(summary.ensemble.runs) runs by \(summary.grid.train) shares of \
                \(summary.ensemble.train) training examples
                """)
        }
        let table = AccuracyTable(summary, out: out).text
        let text = phases ? "\(table)\n\n\(PhaseTable(summary.rank_activity).text)" : table
        try output.print(text: text, json: summary.json())
    }
}
