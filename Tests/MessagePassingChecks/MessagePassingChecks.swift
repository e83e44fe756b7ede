import Foundation
import MessagePassing
import UserMessages

/// Asserts MessagePassing at the number of ranks it is started with; MessagePassingTests starts it.
///
///     message-passing-checks               every check; exit code 0, or one line that names what failed
///     message-passing-checks throw-on R    rank R throws while the others wait in a collective
///     message-passing-checks hang          every rank sleeps
///     message-passing-checks idle          every rank sleeps, and a watchdog has half a second of patience
///     message-passing-checks ask           every rank takes requests to stop, and does nothing about them
@main
struct MessagePassingChecks {
    static func main() throws {
        let session = try Session.start()
        do {
            try run(Array(CommandLine.arguments.dropFirst()), in: session.world)
            try session.finalize()
        } catch {
            let line = "message-passing-checks: rank \(session.world.rank): \(error)\n"
            FileHandle.standardError.write(Data(line.utf8))
            session.abort(exitCode: ((error as? any ExitCoded)?.exitCode ?? .software).rawValue)
        }
    }

    private static func run(_ arguments: [String], in world: Communicator) throws {
        switch (arguments.first, arguments.dropFirst().first.flatMap { Int($0) }) {
        case (nil, _):
            try runChecks(in: world)
        case ("throw-on", let rank?):
            if world.rank == rank { throw CheckFailure(description: "thrown on purpose") }
            _ = try world.allreduce([Double](repeating: 1, count: 100_000), .sum)
            try world.barrier()
        case ("hang", _):
            while true { sleep(1) }
        case ("idle", _):
            _ = try Watchdog.watch(over: world, limit: .seconds(0.5)) { line in
                FileHandle.standardError.write(Data("message-passing-checks: \(line)\n".utf8))
            }
            while true { sleep(1) }
        case ("ask", _):
            StopRequest.listen()
            FileHandle.standardOutput.write(Data("listening\n".utf8))
            while true { sleep(1) }
        default:
            throw CheckFailure(description: "unknown arguments \(arguments)")
        }
    }

    private static func runChecks(in world: Communicator) throws {
        let usual = world.maximumCount
        for limit in [usual, 3] {
            world.maximumCount = limit
            let checks = Checks(world: world)
            // With more ranks the product of twos is more than an Int8 holds.
            if world.size < 7 { try checks.checkElements(Int8.self, turn: 6) }
            try checks.checkElements(UInt8.self, turn: 0)
            try checks.checkElements(Int16.self, turn: 1)
            try checks.checkElements(Int32.self, turn: 1)
            try checks.checkElements(Int64.self, turn: 2)
            try checks.checkElements(Int.self, turn: 3)
            try checks.checkElements(Float.self, turn: 4)
            try checks.checkElements(Double.self, turn: 5)
            try checks.checkArrays()
            try checks.checkBarrier()
            try checks.checkRequests()
            try checks.checkSplits()
            try checks.checkAgreement()
            try checks.checkRefusals()
            try checks.checkBytes()
        }
    }
}
