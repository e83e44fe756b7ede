import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    /// What the README and the user's guide tell users to type.
    @Suite struct DocumentationTests {
        /// The examples find the program where a release build puts it.
        private static let isRelease =
            ParallelProcess.path(of: "ensemble-kernel-mpi")
            == URL(fileURLWithPath: "\(Fixtures.package)/.build/release").resolvingSymlinksInPath().path
            + "/ensemble-kernel-mpi"

        @Test(.enabled(if: isRelease && Program.isOpenMPI, "the examples run the program in .build/release"))
        func `every command of the README and the guide runs, and prints what they say`() throws {
            let outcome = try ParallelProcess.run(
                ["/usr/bin/python3", "\(Fixtures.package)/scripts/examples"], timeLimit: .seconds(900))
            #expect(outcome.exitCode == 0, "\(outcome.output)\(outcome.error)")
            let counts = try #require(
                outcome.output.firstMatch(of: #/examples: (\d+) ran, \d+ left out, 0 failed\n/#), "\(outcome.output)")
            #expect(Int(counts.1) ?? 0 >= 30, "\(outcome.output)")
        }

        @Test func `every link of the documentation leads somewhere, and no wrapped line begins a list`() throws {
            let outcome = try ParallelProcess.run(
                ["/usr/bin/python3", "\(Fixtures.package)/scripts/documentation"], timeLimit: .seconds(60))
            #expect(outcome.exitCode == 0, "\(outcome.error)")
        }
    }
}
