import ArgumentParser
import UserMessages

/// The program as the user types it.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Diagnostics.program,
        abstract: "k-NN prediction and data auditing with the outputs of many trained networks.",
        discussion: """
            Train a network many times and save the logits of every run. In the ensemble kernel, two examples are \
            similar if their log-softmax outputs vary together over the runs. This program computes the kernel from \
            the logits, predicts with it, and uses it to find near-duplicates and label errors.

            Every command runs alone, or on any number of MPI processes (ranks) under mpirun or srun, with the same \
            results.

            EXAMPLES
              mpirun -n 2 ensemble-kernel-mpi
                  the demo: train 256 small networks, predict, report
              ensemble-kernel-mpi inspect runs/
                  list the arrays in files and how they would be read
              mpirun -n 4 ensemble-kernel-mpi predict runs/ -o results
                  predict from saved logits
              mpirun -n 4 ensemble-kernel-mpi report runs/ -o report.html
                  find near-duplicates and likely label errors
              ensemble-kernel-mpi explore report.html
                  look at any example and its neighbors in a browser
              ensemble-kernel-mpi evaluate runs/
                  measure error, likelihood and calibration by ensemble size
            """,
        version: ProgramVersion.current,
        subcommands: [
            DemoCommand.self, InspectCommand.self, PredictCommand.self, ReportCommand.self, ExploreCommand.self,
            SweepCommand.self, EvaluateCommand.self, SelectCommand.self, KernelCommand.self, TrainCommand.self,
            ApplyCommand.self,
            PlanCommand.self, SynthesizeCommand.self,
        ],
        defaultSubcommand: DemoCommand.self)
}
