import ArgumentParser
import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import KernelPrediction
import MessagePassing
import UserMessages

/// `evaluate`: metrics of ensembles of the runs.
struct EvaluateCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract:
            "Evaluate ensembles by their size: error, likelihood, calibration, diversity, deep-ensemble equivalent.",
        discussion: """
            Ensembles of 1, 2, 5, 10 ... runs are drawn from those of ENSEMBLE (logits.npy with labels, as for \
            predict): where ensemble.json tells of chains, the first runs of a chain; of independent runs disjoint \
            sets as long as they last. Where there are training logits and labels, the kernel's weighted vote is \
            measured as well, and the product of its probabilities and the average of those of the runs.

            With --against, every calibrated likelihood is translated into the number of members of a deep ensemble \
            that has the same. With --out the folder gets evaluation.json and evaluation.csv.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi evaluate snapshots --against deep --out results
              ensemble-kernel-mpi evaluate deep --sizes 1,4,16 --cascade --coverage 0.9
            """)

    @OptionGroup var ensemble: EnsembleOptionGroup

    @Option(parsing: .upToNextOption, help: "Folders or files of independently trained runs to compare with.")
    var against: [String] = []

    @Option(
        help: ArgumentHelp(
            "Ensemble sizes to measure. [default: 1,2,5,10,20,50 ... and all]", valueName: "numbers"))
    var sizes: NumberList?

    @Option(help: "Ensembles of each size, at most.")
    var subsets = 10

    @Option(help: "Seed of the sets of runs, and of the cross-validation split for temperature scaling.")
    var seed: UInt64 = 0

    @Flag(inversion: .prefixedNo, help: "Evaluate the kernel's vote, too.")
    var kernel = true

    @Option(
        help: """
            Neighbors of the kernel's vote, or all training examples if fewer: good probabilities take more voters \
            than good answers. [default: 101, or 50 with --scaling]
            """)
    var weightedK: Int?

    @Option(help: "Power of the weights in the kernel's vote. [default: 8, or 4 with --scaling]")
    var power: Double?

    @OptionGroup var scaling: ScalingOptionGroup

    @Option(help: "Transform applied to the logits before the kernel.")
    var transform = Transform.logSoftmax

    @OptionGroup var cascade: CascadeOptionGroup
    @Option(help: "Folder for the results; nothing is written without it.")
    var out: String?

    @OptionGroup var search: SearchOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        if let power, !(power.isFinite && power >= 0) { throw ValidationError("--power \(power): must be 0 or more") }
        guard 1...10_000 ~= subsets else {
            throw ValidationError("--subsets \(subsets): must be between 1 and 10,000")
        }
        if let weightedK, weightedK < 1 { throw ValidationError("--weighted-k \(weightedK): must be at least 1") }
    }

    func run(world: Communicator) throws {
        let outputs = out.map(Evaluation.files) ?? []
        let pool = try ensemble.open(writing: outputs, world: world)
        let deepSource = EnsembleSource(paths: against, choice: ensemble.input.choice)
        let deep = against.isEmpty ? nil : try deepSource.open(writing: outputs, world: world)
        var options = EvaluationOptions()
        options.sizes = sizes?.numbers
        options.subsets = subsets
        options.seed = seed
        options.kernel = kernel
        options.cascade = try cascade.cascade(runs: pool.test?.runs ?? 0)
        let scaling = scaling.requested
        options.scaling = scaling?.nearest(of: pool.train?.examples ?? .max)
        options.vote = scaling == nil ? EvaluationOptions.usualVote : EvaluationOptions.usualLocalVote
        options.vote.k = weightedK ?? options.vote.k
        if let power { options.vote.vote = scaling == nil ? .weighted(power: power) : .local(power: power) }
        options.search.transform = transform
        try search.machine.set(&options.search, world: world)
        let bars = search.parallel.progressBars(Evaluator.Stage.allCases, world: world)
        let evaluator = try Evaluator(
            pool, against: deep, options: options, world: world, searchers: search.parallel.ranksWithCores(world: world)
        )
        try world.withClaimedFolder(out) {
            let evaluation = try evaluator.evaluate(version: ProgramVersion.current) { bars[$0]?.update($1) }
            try world.agree { if world.rank == 0, let out { try evaluation.write(into: out) } }
            guard world.rank == 0 else { return }
            warnOfOtherMethods(evaluation)
            try output.print(text: EvaluationReport(evaluation, out: out).text, json: evaluation.json())
        }
    }

    private func warnOfOtherMethods(_ evaluation: Evaluation) {
        guard let methods = evaluation.against?.pool.methods, !methods.allSatisfy({ $0 == "deep" }) else { return }
        Diagnostics.warn(
            """
            \(against.joined(separator: ", ")) is not a deep ensemble: its runs were made by \
            \(methods.joined(separator: ", "))
            """)
    }
}
