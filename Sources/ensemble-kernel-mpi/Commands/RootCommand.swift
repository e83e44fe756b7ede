import ArgumentParser
import UserMessages

/// The program as the user types it.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ensemble-kernel-mpi",
        abstract: "Predict with the outputs of many trained networks: the ensemble kernel.",
        discussion: """
            Two examples are similar when their log-softmax outputs rise and fall together over many training runs. \
            From the saved logits of the runs alone this program finds every test example's most similar training \
            examples and predicts by their vote.

            Every command runs alone, or on any number of ranks under mpirun or srun.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi
                  the demo: trains 256 small networks on Fashion-MNIST and predicts with them
              ensemble-kernel-mpi inspect logits/
                  what a file or folder holds
              mpirun -n 4 ensemble-kernel-mpi predict logits/ --out results/
                  predicts from your own logits: logits.npy (runs, test, classes), logits_train.npy, labels
              mpirun -n 2 ensemble-kernel-mpi train --runs 512 --out ensemble/
                  trains an ensemble, or adds to one
              mpirun -n 2 ensemble-kernel-mpi report ensemble/ --out report.html
                  near-duplicates, label suspects and more on one page
              ensemble-kernel-mpi evaluate ensemble/
                  how good ensembles of its runs are, by their number
            """,
        version: ProgramVersion.current,
        subcommands: [
            DemoCommand.self, TrainCommand.self, PredictCommand.self, KernelCommand.self, SweepCommand.self,
            EvaluateCommand.self, ReportCommand.self, PlanCommand.self, InspectCommand.self, SynthesizeCommand.self,
        ],
        defaultSubcommand: DemoCommand.self)
}
