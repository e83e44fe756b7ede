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

    /// Whether this build is of Open MPI, and not of MPICH.
    static var isOpenMPI: Bool { ProcessInfo.processInfo.environment["ENSEMBLE_KERNEL_MPI"] != "mpich" }
}

extension ParallelProcess.Outcome {
    /// The lines that the program itself wrote to standard error, without the one that says what was read; the
    /// launcher's are left out.
    var messages: [String] {
        error.split(separator: "\n").map(String.init)
            .filter {
                $0.hasPrefix("ensemble-kernel-mpi: ")
                    && $0.range(of: ": [0-9]+ runs? from ", options: .regularExpression) == nil
            }
    }
}
