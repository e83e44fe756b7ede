import Foundation
import MessagePassing
import Testing
import TestSupport

/// Runs message-passing-checks under `mpirun`. One job at a time: the machine may have few cores.
@Suite(.serialized)
struct ParallelTests {
    private let checks = "message-passing-checks"

    @Test(arguments: usually([nil, 2, 3], inAll: [1, 4, 7]))
    func `every check holds`(ranks: Int?) throws {
        let outcome = try ParallelProcess.run(ranks: ranks, executable: checks, timeLimit: .seconds(240))
        #expect(outcome.exitCode == 0, "\(outcome.error)")
    }

    @Test(arguments: usually([(2, 0), (3, 2)], inAll: [(2, 1), (7, 3)]))
    func `a rank that throws in a collective ends the job`(ranks: Int, throwing: Int) throws {
        let outcome = try ParallelProcess.run(
            ranks: ranks, executable: checks, arguments: ["throw-on", "\(throwing)"], timeLimit: .seconds(30))
        #expect(outcome.exitCode == 70)
        let messages = outcome.error.split(separator: "\n").filter { $0.hasPrefix(checks) }
        #expect(messages == ["\(checks): rank \(throwing): thrown on purpose"], "\(outcome.error)")
    }

    @Test(arguments: [nil, 3])
    func `nothing survives the time limit`(ranks: Int?) throws {
        let mark = UUID().uuidString
        #expect(throws: ParallelProcess.Failure.self) {
            _ = try ParallelProcess.run(
                ranks: ranks, executable: checks, arguments: ["hang", mark], timeLimit: .seconds(1))
        }
        let commands = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap {
            try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8)
        }
        #expect(commands.count > 1)
        #expect(!commands.contains { $0.contains(mark) })
    }
}
