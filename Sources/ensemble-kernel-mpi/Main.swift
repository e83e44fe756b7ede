import ArgumentParser
import ArrayFiles
import Foundation
import MessagePassing

/// Starts MPI, parses the arguments, runs one command, and ends the way all ranks can.
///
/// What all ranks know (wrong arguments, an ``AgreedFailure``) rank 0 prints once and all finalise. What one rank
/// alone knows ends the job at once, since the others may wait for it in a collective.
@main
enum Main {
    static func main() {
        OpenBLASKernels.restartWithThoseOfThisProcessor()
        // A reader that goes away (`| head`) must not end a rank by a signal.
        signal(SIGPIPE, SIG_IGN)
        do {
            let session = try Session.start()
            exit(run(in: session))
        } catch {
            Diagnostics.report("\(error)")
            exit(70)
        }
    }

    private static func run(in session: Session) -> Int32 {
        let world = session.world
        let place = world.size > 1 ? Self.place(of: world.rank, on: ProcessInfo.processInfo.hostName) : ""
        MappingFaults.report(as: "ensemble-kernel-mpi: \(place)", after: 3 * min(world.rank, 20))
        var exitCode: Int32 = 0
        do {
            let command = try RootCommand.parseAsRoot()
            if let command = command as? any RankCommand {
                try run(command, world: world)
            } else if world.rank == 0 {
                var command = command
                try command.run()
            }
        } catch let failure as AgreedFailure {
            if world.rank == 0 { Diagnostics.report(placeToLook(failure) + failure.description) }
            exitCode = Int32(failure.errorCode)
        } catch let error as any CustomNSError {
            Diagnostics.report("\(place)\(error)")
            if world.size > 1 { session.abort(exitCode: Int32(error.errorCode)) }
            exitCode = Int32(error.errorCode)
        } catch {
            // The argument parser's own: every rank parses the same arguments and throws the same.
            exitCode = RootCommand.exitCode(for: error).rawValue
            let message = RootCommand.fullMessage(for: error)
            if world.rank == 0, !message.isEmpty {
                let stream = exitCode == 0 ? FileHandle.standardOutput : FileHandle.standardError
                try? stream.write(contentsOf: Data("\(message)\n".utf8))
            }
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

    /// The rank to name where rank 0 has no such trouble: what it cannot find, read, write or do may be its host's fault.
    /// Wrong arguments (64) and contents (65) are the same everywhere.
    private static func placeToLook(_ failure: AgreedFailure) -> String {
        failure.rank > 0 && failure.errorCode > 65 ? place(of: failure.rank, on: failure.host) : ""
    }

    private static func place(of rank: Int, on host: String) -> String { "rank \(rank) on \(host): " }

    /// Runs a command under the eyes of a watchdog.
    private static func run(_ command: any RankCommand, world: Communicator) throws {
        guard let parallel = command.parallelOptions else { return try command.run(world: world) }
        let watchdog = try parallel.watchdog.duration.flatMap {
            try Watchdog.watch(over: world, limit: $0) { Diagnostics.report($0) }
        }
        defer { watchdog?.end() }
        Activity.separatesWaiting = parallel.separateWaiting
        try LaunchCheck.warn(parallel, world: world)
        let (log, before, start) = (parallel.eventLog(world: world), Activity.reading, ContinuousClock.now)
        log.write("start", ["ranks": world.size])
        try command.run(world: world)
        let done = Activity.reading.since(before)
        log.write(
            "end",
            [
                "seconds": (ContinuousClock.now - start) / .seconds(1), "processor_seconds": done.processorSeconds,
                "mpi_seconds": done.secondsInMPI, "mpi_calls": Double(done.calls),
                "bytes_communicated": Double(world.bytesCommunicated),
            ])
    }
}
