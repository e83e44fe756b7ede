import ArgumentParser
import ArrayFiles
import Ensembles
import MessagePassing
import Platform
import UserMessages

/// Starts MPI, parses the arguments, runs one command, and ends the job cleanly if all ranks can.
///
/// Failures known to all ranks (wrong arguments, an ``AgreedFailure``) are printed once by rank 0, and all ranks
/// finalize. A failure known to one rank only ends the job at once, since the others may be waiting for this rank in a
/// collective.
@main
enum Main {
    static func main() {
        OpenBLASKernels.restartWithThoseOfThisProcessor()
        AddressSpace.spare()
        // A reader that closes the pipe (`| head`) must not end a rank by a signal.
        signal(SIGPIPE, SIG_IGN)
        do {
            let session = try Session.start()
            exit(run(in: session))
        } catch {
            Diagnostics.report("\(error)")
            exit(((error as? any ExitCoded)?.exitCode ?? .software).rawValue)
        }
    }

    private static func run(in session: Session) -> Int32 {
        let world = session.world
        let place = world.size > 1 ? Self.place(of: world.rank, on: ProcessInfo.processInfo.hostName) : ""
        MappingFaults.report(as: "\(Diagnostics.program): \(place)", after: 3 * min(world.rank, 20))
        OutOfMemory.report(as: "\(Diagnostics.program): \(place)", advice: "; --memory makes a job need less")
        var exitCode: Int32 = 0
        do {
            if let unknown = UnknownCommand(in: arguments) { throw ValidationError(unknown.message) }
            let command = try RootCommand.parseAsRoot(RenamedOptions.replaced(in: arguments, warns: world.rank == 0))
            exitCode = run(command, place: place, in: session)
        } catch {
            exitCode = end(by: error, rank: world.rank)
        }
        StopRequest.ignore()
        do {
            try session.finalize()
        } catch {
            Diagnostics.report("\(error)")
            return 70
        }
        return exitCode
    }

    /// Runs a parsed command; returns the exit code.
    private static func run(_ command: any ParsableCommand, place: String, in session: Session) -> Int32 {
        let world = session.world
        let name = type(of: command).configuration.commandName ?? ""
        guard let command = command as? any RankCommand else { return runParsersOwn(command, rank: world.rank) }
        do {
            try run(command, world: world)
            return 0
        } catch let failure as AgreedFailure {
            if world.rank == 0 {
                Diagnostics.report(placeToLook(failure) + CommandLineMessages.words(for: failure, command: name))
            }
            return failure.exitCode.rawValue
        } catch let error as any ExitCoded {
            return end(CommandLineMessages.words(for: error, command: name), error.exitCode, place, session)
        } catch let error as ValidationError {
            // Every rank has the same arguments and throws the same error.
            return end(by: error, rank: world.rank)
        } catch {
            return end("\(error)", .software, place, session)
        }
    }

    /// Runs one of the argument parser's own commands, such as `help`, which throws its output.
    private static func runParsersOwn(_ command: any ParsableCommand, rank: Int) -> Int32 {
        do {
            var command = command
            try command.run()
            return 0
        } catch {
            return end(by: error, rank: rank)
        }
    }

    /// Ends the job because of a failure known to this rank only.
    private static func end(_ message: String, _ exitCode: UserMessages.ExitCode, _ place: String, _ session: Session)
        -> Int32
    {
        Diagnostics.report("\(place)\(message)")
        if session.world.size > 1 { session.abort(exitCode: exitCode.rawValue) }
        return exitCode.rawValue
    }

    /// Prints a message of the argument parser, help or an error: every rank parses the same arguments and gets the
    /// same result.
    private static func end(by error: any Error, rank: Int) -> Int32 {
        let exitCode = RootCommand.exitCode(for: error).rawValue
        var message = RootCommand.fullMessage(for: error)
        // All errors begin alike; what is typed instead follows in the parser's own lines.
        let prefix = "Error: "
        if message.hasPrefix(prefix) {
            let text = message.dropFirst(prefix.count)
            message = "\(Diagnostics.program): \(text.prefix(1).lowercased())\(text.dropFirst())"
        }
        if rank == 0, !message.isEmpty {
            // The parser repeats arguments as they are.
            _ = Terminal.write(TerminalText.lines(message) + "\n", to: exitCode == 0 ? STDOUT_FILENO : STDERR_FILENO)
        }
        return exitCode
    }

    private static var arguments: [String] { Array(CommandLine.arguments.dropFirst()) }

    /// The rank to name in the message if rank 0 has no such failure: a file that the rank cannot find, read or write
    /// may be its host's fault. Wrong arguments (64) and contents (65) are the same everywhere.
    private static func placeToLook(_ failure: AgreedFailure) -> String {
        failure.rank > 0 && failure.exitCode.rawValue > UserMessages.ExitCode.badData.rawValue
            ? place(of: failure.rank, on: failure.host) : ""
    }

    private static func place(of rank: Int, on host: String) -> String { "rank \(rank) on \(host): " }

    /// Runs a command with a watchdog.
    private static func run(_ command: any RankCommand, world: Communicator) throws {
        guard let parallel = command.parallelOptions else { return try command.run(world: world) }
        let watchdog = try parallel.watchdog.duration.flatMap {
            try Watchdog.watch(over: world, limit: $0) { Diagnostics.report($0) }
        }
        defer { watchdog?.end() }
        MPIStatistics.separatesWaiting = parallel.separateWaiting
        try LaunchCheck.warn(threads: parallel.threads, world: world)
        let (log, before, start) = (parallel.eventLog(world: world), MPIStatistics.reading, ContinuousClock.now)
        log.write("start", ["ranks": world.size])
        try command.run(world: world)
        let done = MPIStatistics.reading.since(before)
        log.write(
            "end",
            [
                "seconds": (ContinuousClock.now - start) / .seconds(1), "processor_seconds": done.processorSeconds,
                "mpi_seconds": done.secondsInMPI, "mpi_calls": Double(done.calls),
                "bytes_communicated": Double(world.bytesCommunicated),
            ])
    }
}
