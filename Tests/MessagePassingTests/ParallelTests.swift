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

    @Test(arguments: [nil, 2])
    func `a job in which nothing moves is ended, on one rank as on several`(ranks: Int?) throws {
        let outcome = try ParallelProcess.run(
            ranks: ranks, executable: checks, arguments: ["idle"], timeLimit: .seconds(30))
        #expect(outcome.exitCode == 71)
        let messages = outcome.error.split(separator: "\n").filter { $0.hasPrefix(checks) }
        #expect(messages.count == 1 && messages[0].contains("has done nothing for 2 s"), "\(outcome.error)")
    }

    @Test(arguments: ["TERM", "INT"])
    func `who asks twice does not want to wait`(signal: String) throws {
        // Passed on at once by a launcher, a signal is still the first.
        let script = """
            "$0" ask > "$1" & child=$!
            until grep -q listening "$1"; do sleep 0.05; done
            kill -\(signal) $child; kill -\(signal) $child; sleep 0.3; kill -USR1 $child; sleep 2.2
            kill -0 $child || exit 1
            kill -\(signal) $child; wait $child
            """
        let scratch = try Scratch()
        let outcome = try ParallelProcess.run(
            ["bash", "-c", "set -m; " + script, ParallelProcess.path(of: checks), scratch("out")],
            timeLimit: .seconds(20))
        #expect(outcome.exitCode == 128 + (signal == "TERM" ? SIGTERM : SIGINT), "\(outcome.error)")
        #expect(try Data(contentsOf: URL(fileURLWithPath: scratch("out"))) == Data("listening\n".utf8))
    }

    @Test
    func `a process alone starts no daemon`() throws {
        let script = """
            "$0" ask > "$1" & child=$!
            until grep -q listening "$1"; do sleep 0.05; done
            cat /proc/$child/task/*/children; kill -KILL $child
            """
        let scratch = try Scratch()
        let outcome = try ParallelProcess.run(
            ["bash", "-c", script, ParallelProcess.path(of: checks), scratch("out")], timeLimit: .seconds(20))
        #expect(outcome.exitCode == 0 && outcome.output.allSatisfy(\.isWhitespace), "\(outcome)")
    }

    @Test(.enabled(if: !ParallelProcess.isMPICH))
    func `ranks of one host do not look for networks`() throws {
        let script = """
            "$0" ask > "$1.$OMPI_COMM_WORLD_RANK" & child=$!
            until grep -q listening "$1.$OMPI_COMM_WORLD_RANK"; do sleep 0.05; done
            grep -o 'mca_pml_[a-z0-9]*' /proc/$child/maps | sort -u; kill -KILL $child
            """
        let scratch = try Scratch()
        let outcome = try ParallelProcess.run(
            ranks: 2, executable: "/bin/bash",
            arguments: ["-c", script, ParallelProcess.path(of: checks), scratch("out")], timeLimit: .seconds(30))
        #expect(Set(outcome.output.split(separator: "\n")) == ["mca_pml_ob1"], "\(outcome)")
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
