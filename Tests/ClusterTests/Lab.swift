import Foundation
import Testing
import TestSupport

/// A cluster on this machine, which `scripts/cluster-lab` starts, and a folder that all its machines share.
final class Lab: Sendable {
    /// The one that is up while the tests of a suite run.
    @TaskLocal static var current: Lab?

    private static let script = "\(Fixtures.package)/scripts/cluster-lab"
    private static let program = ParallelProcess.path(of: "ensemble-kernel-mpi")

    /// Names of sockets below it have to be short.
    private static let folderTemplate = FileManager.default.temporaryDirectory.appendingPathComponent("cluster-XXXXXX")
        .path

    /// Whether a lab can be started here. Its machines and jobs find the program where a release build puts it.
    static func isPossible() throws -> Bool {
        let release = URL(fileURLWithPath: "\(Fixtures.package)/.build/release").resolvingSymlinksInPath().path
        let check = try ParallelProcess.run(
            [script, "--dir", "\(folderTemplate)/lab", "check"], timeLimit: .seconds(20))
        return check.exitCode == 0 && program == "\(release)/ensemble-kernel-mpi"
    }

    private let folder: String
    private let state: String
    private let keeper = Process()
    private let life = Pipe()

    /// Starts a cluster. It ends with `end()`, with this process however that ends, and in any case after half an
    /// hour.
    init() throws {
        var template = Array(Self.folderTemplate.utf8CString)
        guard mkdtemp(&template) != nil else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        state = "\(folder)/lab"
        // For munge no place is safe that not everybody may enter.
        chmod(folder, 0o755)

        keeper.executableURL = URL(fileURLWithPath: "/bin/bash")
        // Whatever interrupts the tests ends its input, too. Where `up` fails it leaves nothing.
        let keep = """
            trap : HUP INT TERM
            "$0" --dir "$1" up || { rm -rf "$2"; exit 1; }
            echo up
            read -r -t 1800
            "$0" --dir "$1" down && rm -rf "$2"
            """
        keeper.arguments = ["-c", keep, Self.script, state, folder]
        let report = Pipe()
        (keeper.standardInput, keeper.standardOutput) = (life, report)
        // Held open by none that this process starts besides.
        _ = fcntl(life.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try keeper.run()
        guard !report.fileHandleForReading.availableData.isEmpty else {
            end()
            throw ParallelProcess.Failure(description: "the lab does not start")
        }
    }

    /// Ends all that runs there, and removes all files.
    func end() {
        try? life.fileHandleForWriting.close()
        keeper.waitUntilExit()
        #expect(keeper.terminationStatus == 0 && !FileManager.default.fileExists(atPath: folder))
    }

    /// The path of a file that all machines see.
    func callAsFunction(_ name: String) -> String { "\(folder)/\(name)" }

    /// Files of a job on the local disks of all machines.
    func staged() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: "\(state)/disks").filter { $0.contains("ensemble-kernel-") }
    }

    /// Runs a command on a machine.
    func run(
        on machine: String, _ command: [String], timeLimit: Duration = .seconds(60), meanwhile: () -> Bool = { true }
    ) throws -> ParallelProcess.Outcome {
        try ParallelProcess.run(
            [Self.script, "--dir", state, "run", machine] + command, timeLimit: timeLimit, meanwhile: meanwhile)
    }

    /// Runs a command on a machine that has to succeed, and returns what it says.
    func answer(from machine: String, _ command: String...) throws -> String {
        let outcome = try run(on: machine, command)
        try #require(outcome.exitCode == 0, "\(outcome.error)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Signals a job as SLURM does some time before its limit: when exactly is up to SLURM.
    func tellOfTimeLimit(_ job: String) throws {
        _ = try answer(from: "slurm", "scancel", "--batch", "--signal", "USR1", job)
    }

    /// Runs the program here, alone.
    func run(_ arguments: [String]) throws {
        let outcome = try ParallelProcess.run([Self.program] + arguments, timeLimit: .seconds(60))
        try #require(outcome.exitCode == 0, "\(outcome.error)")
    }

    /// What befalls a machine, such as `link b cut` or `node n2 lose`.
    func fault(_ words: String...) {
        do {
            // The processes of a machine that starts again are to stay.
            let family = ["env", "-u", ParallelProcess.familyVariable]
            let outcome = try ParallelProcess.run(
                family + [Self.script, "--dir", state] + words, timeLimit: .seconds(90))
            #expect(outcome.exitCode == 0, "\(outcome.error)")
        } catch {
            Issue.record(error)
        }
    }

    /// Process numbers of ranks on a machine, as they are there.
    func ranks(on machine: String) throws -> [Int] {
        let list = """
            for process in /proc/[0-9]*; do
                [ "$(readlink "$process/exe")" != "$0" ] || echo "${process#/proc/}"
            done
            """
        return try answer(from: machine, "sh", "-c", list, Self.program).split(separator: "\n").compactMap { Int($0) }
    }

    /// Stops a rank on a machine for good, and says which it is.
    func stopRank(on machine: String) -> Int? {
        do {
            let process = try #require(try ranks(on: machine).first)
            let stop = """
                kill -s STOP "$0" && tr '\\0' '\\n' <"/proc/$0/environ" | sed -nE \
                's/^(OMPI_COMM_WORLD_RANK|SLURM_PROCID)=//p'
                """
            return Int(try answer(from: machine, "sh", "-c", stop, "\(process)"))
        } catch {
            Issue.record(error)
            return nil
        }
    }
}

// MARK: Jobs

extension Lab {
    /// A job that was submitted.
    struct Job {
        /// What SLURM calls it.
        let number: String
        /// The file that it writes to.
        let output: String
        var log: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
    }

    /// How a job is.
    struct Condition {
        let state: String
        let restarts: Int
        let exitCode: Int
        let nodes: String
        var isOver: Bool {
            ["COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "NODE_FAIL", "BOOT_FAIL", "OUT_OF_MEMORY"].contains(state)
        }
    }

    /// The path of a file in `jobs`.
    static func path(ofJob name: String) -> String { "\(Fixtures.package)/jobs/\(name)" }

    /// Runs, on the login node, what submits jobs. These are no part of its family, and stay.
    func submitting(_ command: [String]) throws -> ParallelProcess.Outcome {
        try run(on: "slurm", ["env", "-u", ParallelProcess.familyVariable] + command)
    }

    /// Submits `jobs/NAME.sbatch` with options for sbatch, and arguments.
    func submit(_ name: String, _ resources: [String], _ arguments: [String]) throws -> Job {
        let output = self("\(name)-\(UUID().uuidString).log")
        let outcome = try submitting(
            ["sbatch", "--parsable", "--output", output] + resources + [Self.path(ofJob: "\(name).sbatch")] + arguments)
        try #require(outcome.exitCode == 0, "\(outcome.error)")
        return Job(number: outcome.output.trimmingCharacters(in: .whitespacesAndNewlines), output: output)
    }

    func condition(of number: String) throws -> Condition {
        let fields = try answer(from: "slurm", "scontrol", "show", "job", "--oneliner", number).split(separator: " ")
        func value(_ name: String) throws -> String {
            try String(#require(fields.first { $0.hasPrefix("\(name)=") }).dropFirst(name.count + 1))
        }
        return try Condition(
            state: value("JobState"), restarts: #require(Int(value("Restarts"))),
            exitCode: #require(Int(value("ExitCode").prefix { $0 != ":" })), nodes: value("NodeList"))
    }

    /// Waits until a job is as it should be.
    func wait(
        for number: String, within limit: Duration, until isReached: (Condition) -> Bool
    ) throws -> Condition {
        let deadline = ContinuousClock.now + limit
        while true {
            let condition = try condition(of: number)
            if isReached(condition) { return condition }
            guard ContinuousClock.now < deadline else {
                throw ParallelProcess.Failure(description: "after \(limit) job \(number) is still so: \(condition)")
            }
            usleep(200_000)
        }
    }

    /// Waits for the end of a job.
    func end(of job: Job, within limit: Duration = .seconds(90)) throws -> Condition {
        try wait(for: job.number, within: limit, until: \.isOver)
    }

    /// Waits for the end of a job, which has to be a good one.
    func success(
        of job: Job, within limit: Duration = .seconds(90), sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Condition {
        let condition = try end(of: job, within: limit)
        try #require(condition.state == "COMPLETED", "\(condition), \(job.log)", sourceLocation: sourceLocation)
        return condition
    }
}

/// Has a lab up while the tests of a suite run.
struct LabTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let lab = try Lab()
        defer { lab.end() }
        try await Lab.$current.withValue(lab, operation: function)
    }
}

extension Trait where Self == LabTrait {
    static var lab: Self { Self() }
}
