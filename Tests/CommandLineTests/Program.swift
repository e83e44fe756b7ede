import Foundation
import TestSupport

/// The built program, started as its users start it, and what the tests give it to read.
enum Program {
    static func run(
        _ arguments: String..., ranks: Int? = nil, timeLimit: Duration = .seconds(120)
    ) throws -> ParallelProcess.Outcome {
        try run(arguments, ranks: ranks, timeLimit: timeLimit)
    }

    static func run(
        _ arguments: [String], ranks: Int? = nil, timeLimit: Duration = .seconds(120),
        interruption: ParallelProcess.Interruption? = nil
    ) throws -> ParallelProcess.Outcome {
        try ParallelProcess.run(
            ranks: ranks, executable: "ensemble-kernel-mpi", arguments: arguments, timeLimit: timeLimit,
            interruption: interruption)
    }

    /// Whether the tests use Open MPI, and not MPICH.
    static var isOpenMPI: Bool { ProcessInfo.processInfo.environment["ENSEMBLE_KERNEL_MPI"] != "mpich" }
}
