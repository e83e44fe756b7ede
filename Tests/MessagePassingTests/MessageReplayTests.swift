import Foundation
import Testing
import TestSupport

/// Runs message-replay, with which scripts/simulate checks what `plan` says of messages, with real messages. It is
/// linked to Open MPI also where the program loads the library of its launcher.
@Suite(.serialized, .enabled(if: !ParallelProcess.isMPICH))
struct MessageReplayTests {
    /// What the replay says of messages on so many ranks.
    private func replay(_ messages: String, ranks: Int) throws -> ParallelProcess.Outcome {
        let scratch = try Scratch()
        try messages.write(toFile: scratch("messages.txt"), atomically: true, encoding: .utf8)
        return try ParallelProcess.run(
            ranks: ranks, executable: "message-replay", arguments: [scratch("messages.txt")], timeLimit: .seconds(60))
    }

    @Test
    func `every collective on every axis is replayed, and each phase takes time`() throws {
        let axes = ["world", "runs", "train", "host"]
        let collectives = ["allreduce", "allgather", "alltoall", "reduce_scatter"]
        let lines = axes.flatMap { axis in collectives.map { "\(axis) \($0) \(axis) 1000 6" } }
        let outcome = try replay((["2 3"] + lines).joined(separator: "\n") + "\n", ranks: 6)
        #expect(outcome.exitCode == 0, "\(outcome.error)")
        let phases = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(phases.map { String($0[0]) } == axes)
        for phase in phases { #expect(try #require(Double(phase[1])) > 0) }
    }

    @Test(arguments: [
        ("2 3\nread allgather world 8 1\n", "another number of ranks"),
        ("2 1\nread broadcast world 8 1\n", "no collective"),
        ("2 1\nread allgather rows 8 1\n", "no axis"),
        ("2 1\nread allgather world many 1\n", "a line that is none"),
        ("2 1\nread allgather world -8 1\n", "a negative number"),
    ])
    func `messages that are none are refused`(messages: String, complaint: String) throws {
        let outcome = try replay(messages, ranks: 2)
        #expect(outcome.exitCode != 0)
        #expect(outcome.error.contains(complaint), "\(outcome.error)")
    }
}
