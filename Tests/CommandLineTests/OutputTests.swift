import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    /// What is written where something is already.
    @Suite struct OutputTests {
        private let scratch: Scratch

        init() throws { scratch = try Scratch() }

        private func contents(of folder: String) throws -> [String: Data] {
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch(folder))
            return Dictionary(
                uniqueKeysWithValues: try names.map {
                    ($0, try Data(contentsOf: URL(fileURLWithPath: scratch("\(folder)/\($0)"))))
                })
        }

        @Test func `no output replaces an input`() throws {
            try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: scratch("E"))
            let files = FileManager.default
            try files.createSymbolicLink(atPath: scratch("link.npy"), withDestinationPath: scratch("E/logits.npy"))
            try files.copyItem(atPath: scratch("E/labels.npy"), toPath: scratch("y.npy"))
            // Another name of the same file.
            try files.createDirectory(atPath: scratch("results"), withIntermediateDirectories: false)
            try files.linkItem(atPath: scratch("E/logits_train.npy"), toPath: scratch("results/neighbors.npy"))
            try files.linkItem(atPath: scratch("E/labels.npy"), toPath: scratch("kernel.npy.partial"))
            let before = try contents(of: "E")
            let neighborsOnly = ["--pairs", "train-train", "--neighbors-only"]
            for (command, options, out) in [
                ("kernel", [], "E/logits.npy"), ("kernel", [], "link.npy"), ("kernel", [], "kernel.npy"),
                ("kernel", neighborsOnly, "results"), ("predict", [], "results"), ("report", [], "E/logits_train.npy"),
                ("report", [], "E/labels.npy"),
                ("report", ["--labels", scratch("y.npy")], "y.npy"),
            ] {
                let outcome = try Program.run([command, scratch("E")] + options + ["--out", scratch(out)])
                #expect(outcome.exitCode == 73, "\(command) \(out): \(outcome.error)")
                #expect(outcome.messages.count == 1 && outcome.error.contains("this job reads it"), "\(outcome.error)")
                #expect(try contents(of: "E") == before, "\(command) \(out)")
            }
            // Results may stand beside the logits, and replace older ones.
            for _ in 0..<2 {
                let outcome = try Program.run("predict", scratch("E"), "--out", scratch("E"), ranks: 2)
                #expect(outcome.exitCode == 0, "\(outcome.error)")
            }
        }

        @Test func `two pages have two folders`() throws {
            try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: scratch("E"))
            for (page, folder) in [("page.html", "page_files"), ("page.htm", "page.htm_files")] {
                #expect(!FileManager.default.fileExists(atPath: scratch(folder)))
                let outcome = try Program.run("report", scratch("E"), "--out", scratch(page))
                #expect(outcome.exitCode == 0, "\(outcome.error)")
                #expect(FileManager.default.fileExists(atPath: scratch("\(folder)/report.json")))
            }
        }
    }
}
