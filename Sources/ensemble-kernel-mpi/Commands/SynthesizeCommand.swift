import ArgumentParser
import ArrayFiles
import EnsembleTraining
import MessagePassing
import Platform
import UserMessages

/// `synthesize`: generates a synthetic ensemble.
struct SynthesizeCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Generate a synthetic ensemble of any size, for timing.",
        discussion: """
            The folder gets logits.npy (runs, test, classes) and logits_train.npy (runs, train, classes) in float16, \
            labels.npy and labels_train.npy. The logits come from a factor model with 64 random factors whose weights \
            differ from run to run. With 10 classes, a run predicts about 90 % of the examples correctly.

            The files depend on the sizes and the seed only. An existing ensemble is not overwritten.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi synthesize --runs 500 --test 10000 \\
                  --train 50000 -o synthetic
              mpirun -n 4 ensemble-kernel-mpi predict synthetic -o results
            """)

    @Option(help: ArgumentHelp("Number of runs.", valueName: "n"))
    var runs: Int

    @Option(help: ArgumentHelp("Number of test examples.", valueName: "n"))
    var test: Int

    @Option(help: ArgumentHelp("Number of training examples.", valueName: "n"))
    var train: Int

    @Option(help: ArgumentHelp("Number of classes, 2 to 65536.", valueName: "n"))
    var classes = 10

    @Option(help: "Random seed.")
    var seed: UInt64 = 0

    @Option(name: .shortAndLong, help: ArgumentHelp("Output folder.", valueName: "folder"))
    var out: String

    @OptionGroup(title: "Machine options") var parallel: ParallelOptions
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { parallel }

    func validate() throws {
        for (name, count) in [("--runs", runs), ("--test", test), ("--train", train)] where count < 1 {
            throw ValidationError("\(name) \(count): must be at least 1")
        }
        guard (2...65_536).contains(classes) else {
            throw ValidationError("--classes \(classes): must be 2 to 65536")
        }
    }

    func run(world: Communicator) throws {
        let start = ContinuousClock.now
        let ensemble = try LatentFactorEnsemble(runs: runs, test: test, train: train, classes: classes, seed: seed)
        let bar = parallel.progressBar("synthesize", world: world)
        try ensemble.write(to: out, communicator: world, threads: parallel.workersPerRank(world: world)) {
            bar.update($0)
        }
        guard world.rank == 0 else { return }
        let report = Report(ensemble, seed: seed, out: out, seconds: (ContinuousClock.now - start) / .seconds(1))
        try output.print(text: report.text, json: report.json())
    }
}

extension SynthesizeCommand {
    /// The output about the files written.
    private struct Report: Codable {
        var command = "synthesize"
        var version = ProgramVersion.current
        var out: String
        var runs, test, train, classes: Int
        var seed: UInt64
        var bytes: Int
        var seconds: Double

        init(_ ensemble: LatentFactorEnsemble, seed: UInt64, out: String, seconds: Double) {
            self.out = out
            (runs, test, train, classes) = (ensemble.runs, ensemble.test, ensemble.train, ensemble.classes)
            self.seed = seed
            bytes = ensemble.byteCount
            self.seconds = seconds
        }

        var text: String {
            "\(runs) runs of \(test) test and \(train) training examples, \(classes) classes "
                + "(\(NumberText.number(Double(bytes) / 1e9, 2)) GB) written to \(TerminalText.line(out)) "
                + "in \(NumberText.number(seconds, 1)) s"
        }

        func json() throws -> String {
            return String(decoding: try JSONEncoder.readable.encode(self), as: UTF8.self)
        }
    }
}
