import ArgumentParser
import EnsembleEvaluation
import MessagePassing
import Reports
import UserMessages

/// `select`: runs of a pool, and weights of its runs.
struct SelectCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "select",
        abstract: "Choose the runs that make a good ensemble, or weights for all runs.",
        discussion: """
            Chooses --size runs by their predictions for labeled examples: the best runs, greedily by the likelihood \
            of the average, or runs that agree; and weights all runs by stacking, or by their posterior \
            probabilities. Each ensemble is chosen on one half of the examples and measured on the other, beside \
            random ensembles and the average of all runs.

            Prints the runs that are chosen on all examples, to be used with --runs. With --out the folder gets \
            selection.json, selection.csv, weights.csv (the weight of every run) and a chart of quality and diversity.

            EXAMPLES
              ensemble-kernel-mpi select runs/ --size 5
              mpirun -n 4 ensemble-kernel-mpi select resnet/ vit/ --size 10 -o selection
            """)

    @OptionGroup(title: "Input options") var ensemble: EnsembleOptionGroup

    @Option(help: ArgumentHelp("Number of runs to choose. (default: 10, or half of the runs)", valueName: "n"))
    var size: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            What the disagreement of two members costs in the choice of runs that agree, in units of log-likelihood. \
            Negative for runs that disagree.
            """, valueName: "weight"))
    var cohesion = 1.0

    @Option(help: "Random seed of the divisions into halves, and of the random ensembles.")
    var seed: UInt64 = 0

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Output folder. Without it nothing is written.", valueName: "folder"))
    var out: String?

    @OptionGroup(title: "Machine options") var memory: MemoryOption
    @OptionGroup var parallel: ParallelOptions
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { parallel }

    func validate() throws {
        if let size, size < 1 { throw ValidationError("--size \(size): must be at least 1") }
        guard cohesion.magnitude <= 1e6 else {
            throw ValidationError("--cohesion \(cohesion): must be between -1,000,000 and 1,000,000")
        }
    }

    func run(world: Communicator) throws {
        let pool = try ensemble.open(writing: out.map(SelectionChart.files) ?? [], world: world)
        var options = SelectionOptions()
        let half = max(1, (pool.test?.runs ?? 1) / 2)
        (options.size, options.cohesion, options.seed) = (size ?? min(options.size, half), cohesion, seed)
        options.threads = try parallel.workersPerRank(world: world)
        options.memory = try SearchMachine.bytesPerRank(memory.memory?.bytes, world: world)
        let bar = parallel.progressBar("select", world: world)
        let selector = try Selector(pool, options: options, world: world)
        try world.withClaimedFolder(out) {
            let selection = try selector.select(version: ProgramVersion.current) { bar.update($0) }
            try world.agree { if world.rank == 0, let out { try SelectionChart(selection).write(into: out) } }
            guard world.rank == 0 else { return }
            try output.print(text: SelectionReport(selection, out: out).text, json: selection.json())
        }
    }
}
