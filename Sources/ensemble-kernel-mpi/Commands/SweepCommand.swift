import ArgumentParser
import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import MessagePassing
import Reports
import UserMessages

/// `sweep`: accuracy by the number of runs, votes, transforms and classes.
struct SweepCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Sweep over runs, neighbors, powers, transforms and classes.",
        discussion: """
            For 4, 8, 16 ... runs, and up to --windows disjoint sets of them, the kernel is computed anew and votes of \
            all kinds are counted, beside single runs and averages; for log-softmax, softmax and raw logits, and for \
            the kernel of each class alone. It also says how far the kernel would be another if other runs had been \
            trained, and what more runs would change.

            With --out the folder gets sweep.json, sweep.csv and a picture (SVG) of each dependence; until they are \
            there, a checkpoint, from which the same command goes on with --resume.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi sweep ensemble --out sweep
              mpirun -n 4 ensemble-kernel-mpi sweep logits/ --sizes 100,200,500 --transform log-softmax --out sweep
            """)

    @OptionGroup var ensemble: EnsembleOptionGroup

    @Option(
        help: ArgumentHelp("Numbers of runs. [default: 4,8,16 ... and all]", valueName: "numbers"))
    var sizes: NumberList?

    @Option(help: "Disjoint sets of runs of each size, at most.")
    var windows = 8

    @Option(
        help: ArgumentHelp(
            """
            Transforms of the logits: log-softmax, softmax, raw, centered (minus their mean over the classes), \
            minus-max (minus the largest). [default: log-softmax,softmax,raw]
            """, valueName: "names"))
    var transform: TransformList?

    @Option(
        help: ArgumentHelp(
            "Classes whose own kernels are looked at. [default: all, where there are no more than 20]",
            valueName: "numbers"))
    var classes: NumberList?

    @Flag(
        help: """
            Also compute the kernels of single classes for each number of runs (the first set of each) and each \
            transform, not just for all runs and the first transform.
            """)
    var classesByRuns = false

    @OptionGroup var scaling: ScalingOptionGroup

    @Flag(
        help: """
            As a baseline, also take the votes by the correlation of the images' pixels, which needs no network. \
            Images are those of --dataset, or images.npy and images_train.npy beside the logits.
            """)
    var controls = false

    @Option(help: "Folder for the results; nothing is written without it.")
    var out: String?

    @OptionGroup var search: SearchOptionGroup
    @OptionGroup var checkpoints: CheckpointOptionGroup
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { search.parallel }

    func validate() throws {
        guard windows >= 1 else { throw ValidationError("--windows \(windows): must be at least 1") }
    }

    func run(world: Communicator) throws {
        let checkpoints = checkpoints.use
        if out != nil { checkpoints.listen() }
        // Ranks that share a core would take longer than a single rank on it.
        guard let workers = try search.parallel.ranksWithCores(world: world) else { return }
        let ensemble = try self.ensemble.open(writing: out.map(SweepCharts.files) ?? [], world: workers)
        var options = SweepOptions()
        options.sizes = sizes?.numbers
        options.windows = windows
        options.transforms = transform?.transforms ?? options.transforms
        options.classes = classes?.numbers
        options.sweepsClasses = classesByRuns
        options.scaling = scaling.requested?.nearest(of: ensemble.train?.examples ?? .max)
        options.controls = controls ? try self.ensemble.source.controls(of: ensemble, world: workers) : nil
        try search.machine.set(&options.search, world: workers)
        try workers.withClaimedFolder(out) {
            let bar = search.parallel.progressBar("sweep", world: workers)
            let checkpoint = try out.map { try checkpoints.open("\($0)/checkpoint", world: workers) }
            let sweep = try Sweeper(ensemble, options: options, world: workers)
                .sweep(checkpoint: checkpoint, version: ProgramVersion.current) { bar.update($0) }
            try workers.agree { if workers.rank == 0, let out { try SweepCharts(sweep).write(into: out) } }
            try checkpoint?.remove()
            guard workers.rank == 0 else { return }
            try output.print(text: SweepReport(sweep, out: out).text, json: sweep.json())
        }
    }
}
