import Foundation
import ParallelProcess

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

    /// Tests/Fixtures of this package.
    static func fixture(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/\(name)").path
    }
}

extension ParallelProcess.Outcome {
    /// The lines that the program itself wrote to standard error, the launcher's left out.
    var messages: [String] {
        error.split(separator: "\n").map(String.init).filter { $0.hasPrefix("ensemble-kernel-mpi: ") }
    }
}

/// A new folder that is gone when the test is over.
final class Scratch {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent(
            "command-line-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }
}
