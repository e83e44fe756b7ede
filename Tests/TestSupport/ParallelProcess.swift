import Foundation

/// Runs a built product of this package, alone or on several ranks, or any other command, for a limited time.
public enum ParallelProcess {
    /// What a process, or all the ranks of a job together, left behind.
    public struct Outcome: Sendable {
        /// The exit code; 128 + n where signal n ended the process.
        public let exitCode: Int32
        /// Everything written to standard output.
        public let output: String
        /// Everything written to standard error, by the launcher too.
        public let error: String

        /// The lines that the program itself wrote to standard error, without the one that says what was read; the
        /// launcher's are left out.
        public var messages: [String] {
            error.split(separator: "\n").map(String.init)
                .filter {
                    $0.hasPrefix("ensemble-kernel-mpi: ")
                        && $0.range(of: ": [0-9]+ runs? from ", options: .regularExpression) == nil
                }
        }
    }

    /// A process that could not be started, or did not do in time what it was to do.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened, the command, and what it wrote.
        public let description: String

        /// Says what happened.
        public init(description: String) { self.description = description }
    }

    /// A signal for all ranks, or one, of a job that runs, as a batch system or a bad day sends it.
    public struct Interruption: Sendable {
        let signal: Int32
        let rank: Int?
        let moment: @Sendable () -> Bool

        /// Sends `signal` to a rank, all ranks where it is nil, once `moment` has come.
        public init(_ signal: Int32, rank: Int? = nil, at moment: @escaping @Sendable () -> Bool) {
            self.signal = signal
            self.rank = rank
            self.moment = moment
        }
    }

    /// Runs a product of this package, or any executable, and waits for its end. No process that it started survives
    /// the call.
    ///
    /// - Parameters:
    ///   - ranks: How many ranks `mpirun` starts, more than there are cores if need be; nil: without `mpirun`.
    ///   - executable: The name of a product in the directory of the running tests, or a path.
    ///   - environment: Added to the environment of the tests.
    ///   - folder: The working folder; nil for that of the tests.
    ///   - timeLimit: After it everything is killed, and a `Failure` thrown.
    ///   - interruption: What happens to the job meanwhile.
    public static func run(
        ranks: Int?, executable: String, arguments: [String] = [], environment: [String: String] = [:],
        folder: String? = nil, timeLimit: Duration, interruption: Interruption? = nil
    ) throws -> Outcome {
        let product = path(of: executable)
        let enter = folder.map { ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", $0] } ?? []
        let command = enter + (ranks.map { [launcher, "-n", String($0)] } ?? []) + [product] + arguments
        return try run(command, environment: environment, timeLimit: timeLimit) { family in
            guard let interruption, interruption.moment() else { return interruption == nil }
            // The first rank has the smallest process number, unless these have just begun anew.
            let members = family.members(running: product).sorted()
            for member in interruption.rank.map({ [members[$0]] }) ?? members { kill(member, interruption.signal) }
            return true
        }
    }

    /// Runs a script that calls `mpirun` and the products of this package, in the same way.
    public static func run(script: String, arguments: [String], timeLimit: Duration) throws -> Outcome {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return try run(
            [script] + arguments, environment: ["PATH": "\(path):\(productsDirectory.path)"], timeLimit: timeLimit)
    }

    /// Runs any command, in the same way.
    ///
    /// - Parameter meanwhile: called again and again while it runs, until it says that it is done.
    public static func run(
        _ command: [String], environment: [String: String] = [:], timeLimit: Duration,
        meanwhile: () -> Bool = { true }
    ) throws -> Outcome {
        try run(command, environment: environment, timeLimit: timeLimit) { _ in meanwhile() }
    }

    /// Where a product of this package was built.
    public static func path(of product: String) -> String {
        URL(fileURLWithPath: product, relativeTo: productsDirectory).path
    }

    /// The variable by which all that a command starts is found, to be ended with it. A process without it stays.
    public static let familyVariable = "PARALLEL_PROCESS_FAMILY"

    private static func run(
        _ command: [String], environment: [String: String], timeLimit: Duration, meanwhile: (ProcessFamily) -> Bool
    ) throws -> Outcome {
        // What is tested is to find by itself which library its launcher is of.
        let surroundings = try environmentAtStart().filter { $0.key != mpiVariable }
            .merging(launcherEnvironment) { _, new in new }
            .merging(environment) { _, new in new }

        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("parallel-process-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        // Files, not pipes: they never fill up, and no surviving child can hold them open.
        let output = directory.appendingPathComponent("output")
        let error = directory.appendingPathComponent("error")

        let family = try ProcessFamily(
            command: command, environment: surroundings, output: output.path, error: error.path)
        let exitCode = family.end(within: timeLimit) { meanwhile(family) }
        let outcome = Outcome(exitCode: exitCode ?? -1, output: try text(of: output), error: try text(of: error))
        guard exitCode != nil else {
            throw Failure(
                description: "\(command.joined(separator: " ")) did not end within \(timeLimit)\n"
                    + outcome.output + outcome.error)
        }
        return outcome
    }

    /// Names the MPI library to test with. Package.swift reads it, too, unless it builds as for a release.
    private static let mpiVariable = "ENSEMBLE_KERNEL_MPI"

    /// Whether it is MPICH, not Open MPI.
    public static var isMPICH: Bool { ProcessInfo.processInfo.environment[mpiVariable] == "mpich" }

    /// The launcher of that library. Debian has both, with suffixes; elsewhere there is one `mpirun`.
    private static var launcher: String {
        let name = isMPICH ? "mpirun.mpich" : "mpirun.openmpi"
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let isInstalled = path.split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
        }
        return isInstalled ? name : "mpirun"
    }

    /// What Open MPI needs for more ranks than cores, in a container too. MPICH needs nothing.
    private static var launcherEnvironment: [String: String] {
        guard !isMPICH else { return [:] }
        return [
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_rmaps_base_oversubscribe": "1",
            "OMPI_MCA_mpi_yield_when_idle": "1",
            "OMPI_MCA_hwloc_base_binding_policy": "none",
        ]
    }

    /// The variables that this process was started with. MPI, where a test starts it within this process, adds some
    /// that would make `mpirun` believe it were a child of that job.
    private static func environmentAtStart() throws -> [String: String] {
        let variables = try Data(contentsOf: URL(fileURLWithPath: "/proc/self/environ")).split(separator: 0)
            .map { String(decoding: $0, as: UTF8.self).split(separator: "=", maxSplits: 1).map(String.init) }
        return Dictionary(variables.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { first, _ in first }
    }

    /// The tests are themselves a product, and lie beside the others.
    private static var productsDirectory: URL {
        let executable = Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
        return executable.resolvingSymlinksInPath().deletingLastPathComponent()
    }

    private static func text(of file: URL) throws -> String {
        String(decoding: try Data(contentsOf: file), as: UTF8.self)
    }
}
