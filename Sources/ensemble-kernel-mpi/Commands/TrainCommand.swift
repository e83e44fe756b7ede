import ArgumentParser
import EnsembleTraining
import MessagePassing
import Platform

/// `train`: an ensemble of small networks.
struct TrainCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train an ensemble of small networks and save the logits of every run.",
        discussion: """
            The folder gets logits.npy (runs, test, classes) and logits_train.npy in float16, labels, images, \
            ensemble.json (one row per run), and features.npy and features_train.npy (the last hidden layer of the \
            first run). A run depends on the options, the seed, its own number and the kind of processor, not on the \
            number of ranks. The chains are divided among the ranks, so more ranks than chains do not help.

            Runs are saved as they finish. To go on after a crash or a stop (SIGTERM, SIGUSR1, Ctrl-C: exit code 75), \
            type the same command again. A larger --runs adds runs.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi train --runs 512 -o ensemble
              mpirun -n 2 ensemble-kernel-mpi train --method snapshot -o snapshots
              mpirun -n 2 ensemble-kernel-mpi train --network conv --shift 4 -o conv
              mpirun -n 2 ensemble-kernel-mpi train --dataset cifar-10-batches-py -o cifar
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("Output folder.", valueName: "folder"))
    var out: String

    @Flag(help: "Accepted for consistency: train always resumes.")
    var resume = false

    @OptionGroup(title: "Method options") var method: MethodOptionGroup
    @OptionGroup(title: "Training options") var training: TrainingOptionGroup
    @OptionGroup(title: "Machine options") var parallel: ParallelOptions
    @OptionGroup var output: OutputOptions

    var parallelOptions: ParallelOptions? { parallel }

    func run(world: Communicator) throws {
        StopRequest.listen()
        let summary = try training.train(
            into: out, method: method.trainingMethod(learningRate: training.learningRate), samples: method.runsOfChain,
            parallel: parallel, world: world)
        guard world.rank == 0 else { return }
        try output.print(text: TrainingReport(summary, out: out).text, json: TrainingReport(summary, out: out).json())
    }
}
