import Foundation
import TestSupport
import Testing

extension CommandLineTests {
    /// Names of files, tensors and arguments cannot control the terminal; the system's reasons reach it.
    @Suite struct TerminalTests {
        /// Clears the screen, sets the title, ends the line, and turns the direction of text.
        static let name = "a\u{1B}[2J\u{1B}]0;title\u{7}b\nc\r\u{9B}31m\u{202E}d\u{7F}"
        /// The same as it is shown.
        static let shown = "a?[2J?]0;title?b?c??31m?d?"

        private func expectHarmless(_ text: String) {
            let isHarmful = text.unicodeScalars.contains { scalar in
                scalar != "\n" && scalar.properties.generalCategory == .control
                    || ["\u{202E}", "\u{2028}"].contains(scalar)
            }
            #expect(!isHarmful, "\(text.debugDescription)")
        }

        @Test(arguments: [
            ["predict"], ["evaluate"], ["kernel", "--out", "out"], ["sweep"], ["report", "--out", "out.html"],
            ["inspect"], ["plan", "--rates"], ["train", "--dataset"], ["predict", "x", "--labels"], ["nothing"],
            ["synthesize", "--runs", "2", "--test", "2", "--train", "3", "--classes", "2", "--out", "/dev/null/x"],
            ["predict", "--k"],
        ])
        func `messages show control characters as question marks`(arguments: [String]) throws {
            let outcome = try Program.run(arguments + ["/no/\(Self.name)"])
            #expect(outcome.exitCode != 0)
            expectHarmless(outcome.error + outcome.output)
        }

        @Test func `several ranks do so, too`() throws {
            let outcome = try Program.run("predict", "/no/\(Self.name)", ranks: 2)
            #expect(
                outcome.messages.count == 1 && outcome.messages[0].contains("/no/\(Self.shown)"), "\(outcome.error)")
        }

        @Test func `tables show such names on one line, and JSON has them whole`() throws {
            let scratch = try Scratch()
            let python = try Python.run(
                """
                import io, sys, zipfile
                with zipfile.ZipFile(sys.argv[1], "w") as archive:
                    archive.writestr(sys.argv[3] + ".npy", open(sys.argv[2], "rb").read())
                """, scratch("\(Self.name).npz"), Fixtures.arrayFile("grid_f4.npy"), Self.name)
            try #require(python.status == 0)
            let table = try Program.run("inspect", scratch("\(Self.name).npz"))
            #expect(table.exitCode == 0, "\(table.error)")
            expectHarmless(table.output)
            #expect(table.output.contains("\(Self.shown).npz"))
            // The file and the tensor in the table, and the tensor in what the file would be read as.
            #expect(table.output.components(separatedBy: Self.shown).count == 4)

            let json = try Program.run("inspect", "--format", "json", scratch("\(Self.name).npz"))
            expectHarmless(json.output)
            struct Listing: Decodable {
                struct Row: Decodable { let path, name: String }
                let rows: [Row]
            }
            let rows = try JSONDecoder().decode(Listing.self, from: Data(json.output.utf8)).rows
            #expect(rows.map(\.path) == [scratch("\(Self.name).npz")])
            #expect(rows.map(\.name) == [Self.name])
        }

        @Test func `results in a folder of such a name are told on one line`() throws {
            let scratch = try Scratch()
            try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: scratch("ensemble"))
            let outcome = try Program.run("predict", scratch("ensemble"), "--out", scratch(Self.name))
            #expect(outcome.exitCode == 0, "\(outcome.error)")
            expectHarmless(outcome.output + outcome.error)
            #expect(outcome.output.contains("written to \(scratch(Self.shown))\n"))
        }

        @Test func `a full standard output has its reason`() throws {
            let command =
                "exec '\(ParallelProcess.path(of: "ensemble-kernel-mpi"))' inspect "
                + "'\(Fixtures.arrayFile("grid_f4.npy"))' > /dev/full"
            let outcome = try ParallelProcess.run(["/bin/sh", "-c", command], timeLimit: .seconds(60))
            #expect(outcome.exitCode == 73)
            #expect(outcome.error.contains("standard output: cannot be written: No space left on device"))
        }

        /// Root may do anything, unless it gives up that.
        private static let withoutPrivileges =
            geteuid() == 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : []
        private static let canBeRefused =
            withoutPrivileges.isEmpty || FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")

        @Test(.enabled(if: canBeRefused))
        func `what permissions forbid is called so`() throws {
            let scratch = try Scratch()
            try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: scratch("ensemble"))
            for folder in ["closed", "fixed"] {
                try FileManager.default.copyItem(
                    atPath: scratch("ensemble"), toPath: scratch(folder))
            }
            let secret = try scratch(
                "secret.npy",
                holding: try Data(
                    contentsOf: URL(fileURLWithPath: scratch("ensemble/logits.npy"))))
            for (path, mode) in [("closed", 0o000), ("fixed", 0o500), ("secret.npy", 0o000)] as [(String, mode_t)] {
                try #require(chmod(scratch(path), mode) == 0)
            }
            defer { for folder in ["closed", "fixed"] { chmod(scratch(folder), 0o700) } }
            for (arguments, exitCode, path) in [
                (["inspect", secret], 74, secret),
                (["inspect", scratch("closed/logits.npy")], 74, scratch("closed/logits.npy")),
                (["predict", scratch("ensemble"), "--out", scratch("fixed/out")], 73, scratch("fixed/out")),
                (["predict", scratch("ensemble"), "--out", scratch("fixed")], 73, scratch("fixed")),
                (["kernel", scratch("ensemble"), "--out", scratch("fixed/kernel.npy")], 73, scratch("fixed/kernel")),
                (["plan", "--runs", "2", "--test", "2", "--train", "3", "--rates", secret], 74, secret),
            ] as [([String], Int32, String)] {
                let program = ParallelProcess.path(of: "ensemble-kernel-mpi")
                let outcome = try ParallelProcess.run(
                    Self.withoutPrivileges.isEmpty
                        ? [program] + arguments : ["/usr/bin/env"] + Self.withoutPrivileges + [program] + arguments,
                    timeLimit: .seconds(60))
                #expect(outcome.exitCode == exitCode, "\(outcome.error)")
                #expect(
                    outcome.messages.count == 1 && outcome.messages[0].contains(path)
                        && outcome.messages[0].contains("Permission denied"), "\(outcome.error)")
            }
        }
    }
}
