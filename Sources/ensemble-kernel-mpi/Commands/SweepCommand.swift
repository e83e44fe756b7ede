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
        abstract: "Measure accuracy by the number of runs, k, vote, transform and class.",
        discussion: """
            Computes the kernel of 4, 8, 16 ... runs, for up to --windows disjoint sets of runs of each size and for \
            several transforms, and the kernel of each class. Compares the accuracy of k-NN with that of single runs \
            and of ensemble averages. Also reports how precise the similarities are: their split-half correlation and \
            standard error.

            With --out the folder gets sweep.json, sweep.csv and charts (SVG).

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi sweep runs/ -o sweep
              mpirun -n 4 ensemble-kernel-mpi sweep runs/ --sizes 100,200,500 -o sweep
            """)

    @OptionGroup(title: "Input options") var ensemble: EnsembleOptionGroup

    @Option(
        help: ArgumentHelp("Numbers of runs. (default: 4,8,16,... and all)", valueName: "numbers"))
    var sizes: NumberList?

    @Option(help: ArgumentHelp("Maximum number of disjoint sets of runs of each size.", valueName: "n"))
    var windows = 8

    @Option(
        help: ArgumentHelp(
            """
            Transforms of the logits: log-softmax, softmax, raw, centered (minus their mean over the classes), \
            minus-max (minus the largest). (default: log-softmax,softmax,raw)
            """, valueName: "names"))
    var transform: TransformList?

    @Option(
        help: ArgumentHelp(
            "Classes whose single-class kernels are computed. (default: all, if there are 20 or fewer)",
            valueName: "numbers"))
    var classes: NumberList?

    @Flag(
        help: """
            Compute the single-class kernels for each number of runs and each transform, not only for all runs and \
            the first transform.
            """)
    var classesByRuns = false

    @OptionGroup var scaling: ScalingOptionGroup

    @Flag(
        help: """
            Also measure k-NN on pixel correlation, a baseline without networks. Needs --dataset, or images.npy and \
            images_train.npy beside the logits.
            """)
    var controls = false

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Output folder. Without it nothing is written.", valueName: "folder"))
    var out: String?

    @OptionGroup(title: "Machine options") var search: SearchOptionGroup
    @OptionGroup(title: "Checkpoint options") var checkpoints: CheckpointOptionGroup
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
