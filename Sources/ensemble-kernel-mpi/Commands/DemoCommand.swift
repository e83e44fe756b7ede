import ArgumentParser
import EnsembleKernel
import MessagePassing

/// `demo`: the program without a subcommand, from training to the report.
struct DemoCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Train an ensemble on Fashion-MNIST, predict with its kernel, and report. This is the default.",
        discussion: """
            Trains 256 networks on the first 5,000 images, divided among the ranks, and predicts the 10,000 test \
            images by k-NN with the ensemble kernel. The table compares this with a single network, with averages of \
            the ensemble, and with k-NN on pixels. The page report.html shows near-duplicates and likely label errors.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi
              mpirun -n 2 ensemble-kernel-mpi --runs 512
            """)

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Output folder: the ensemble, predictions in its subfolder results, and report.html.", valueName: "folder"))
    var out = "ensemble-kernel-demo"

    @OptionGroup(title: "Training options") var training: TrainingOptionGroup
    @OptionGroup(title: "Machine options") var parallel: ParallelOptions
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { parallel }

    private static let next = """


        Next, your own runs, one file each in a folder with their labels:
          mpirun -n 2 ensemble-kernel-mpi report FOLDER -o report.html
        """

    func run(world: Communicator) throws {
        if world.rank == 0 {
            Diagnostics.report(
                """
                this is the demo: it trains \(training.runs) networks, predicts with their kernel and reports, all in \
                \(out); ensemble-kernel-mpi --help lists the other commands
                """)
        }
        StopRequest.listen()
        var parallel = parallel
        parallel.progress = true
        let trained = try training.train(into: out, parallel: parallel, world: world)
        let report = TrainingReport(trained, out: out)
        if world.rank == 0, output.format == .text { try output.print(text: report.text + "\n\n", json: "") }
        let source = EnsembleSource(paths: [out], runs: .first(training.runs), saysWhatWasRead: false)
        let machine = SearchMachine(parallel: parallel)
        let votes = PredictJob.Votes(combines: true, controls: true, scaling: RequestedScaling())
        try PredictJob(source: source, votes: votes, machine: machine, out: "\(out)/results", output: output)
            .run(world: world)
        // The report has no checkpoint to resume from.
        StopRequest.endListening()
        let page = ReportJob(source: source, machine: machine, out: "\(out)/report.html")
        let text = try page.run(world: world).map(page.text)
        if let text, output.format == .text { try output.print(text: "\n" + text + Self.next, json: "") }
    }
}
