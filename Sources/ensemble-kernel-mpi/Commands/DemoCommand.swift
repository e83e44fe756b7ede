import ArgumentParser
import EnsembleKernel
import MessagePassing

/// `demo`: the program without a subcommand, from training to the report.
struct DemoCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Train an ensemble on Fashion-MNIST, predict with its kernel and report: the default.",
        discussion: """
            Trains 256 networks on the first 5,000 images, a share of the runs on each rank, then predicts the 10,000 \
            test images by the ensemble kernel and compares: one network, the ensemble's average, votes of the kernel, \
            and the same votes by pixels, with no network. A page, \
            report.html in the folder, shows near-duplicates, label suspects and more.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi
              mpirun -n 2 ensemble-kernel-mpi --runs 512
            """)

    @Option(help: "Folder for the ensemble, the results in its subfolder results, and report.html.")
    var out = "ensemble-kernel-demo"

    @OptionGroup var training: TrainingOptionGroup
    @OptionGroup var parallel: ParallelOptions
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { parallel }

    func run(world: Communicator) throws {
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
        if let text, output.format == .text { try output.print(text: "\n" + text, json: "") }
    }
}
