import ArgumentParser
import EnsembleTraining
import Foundation
import MessagePassing

/// `train`: an ensemble of small networks.
struct TrainCommand: RankCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train an ensemble of small networks and save the logits of every run.",
        discussion: """
            The folder gets logits.npy (runs, test, classes) and logits_train.npy in float16, the labels, the images, \
            ensemble.json (one row per run), and features.npy and features_train.npy (the outputs of the last hidden \
            layer of the first run). A run depends on the options, the seed and its number only, never on the number \
            of ranks, which share the chains: more ranks than chains do not help.

            Runs are kept as they finish. The same command again makes what is missing, after a crash and after \
            SIGTERM or SIGUSR1, which end it with exit code 75; a larger --runs adds to what is there.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi train --runs 512 --out ensemble
              mpirun -n 2 ensemble-kernel-mpi train --method snapshot --runs 40 --samples 20 --out snapshots
              mpirun -n 2 ensemble-kernel-mpi train --network conv --shift 4 --runs 64 --out moved
              mpirun -n 2 ensemble-kernel-mpi train --hidden 256,128 --dataset cifar-10-batches-bin --out cifar
            """)

    @Option(help: "Folder of the ensemble.")
    var out: String

    @Flag(help: "Accepted for symmetry with the other commands: train always resumes.")
    var resume = false

    @OptionGroup var method: MethodOptionGroup
    @OptionGroup var training: TrainingOptionGroup
    @OptionGroup var parallel: ParallelOptions
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
