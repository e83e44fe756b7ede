import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    /// The names of options and properties that users type and read.
    struct NameTests {
        @Test func `options go on working by their old names, with a warning`() throws {
            let scratch = try Scratch()
            let words = "train --runs 2 --train-examples 60 --test-examples 20 --hidden 4 --epochs 1 --method dropout"
            func train(_ options: String, to folder: String) throws -> ParallelProcess.Outcome {
                let arguments = "\(words) \(options)".split(separator: " ").map(String.init)
                return try Program.run(arguments + ["--out", scratch(folder)], ranks: nil)
            }
            let old = try train("--batch 30 --rate=0.3", to: "old")
            #expect(old.exitCode == 0, "\(old.error)")
            #expect(
                old.messages.map { $0.replacingOccurrences(of: "ensemble-kernel-mpi: warning: ", with: "") } == [
                    "--batch is deprecated: use --batch-size",
                    "--rate is deprecated: use --dropout",
                ])
            let new = try train("--batch-size 30 --dropout 0.3", to: "new")
            #expect(new.exitCode == 0 && new.messages.isEmpty, "\(new.error)")
            for file in ["logits.npy", "ensemble.json"] {
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: scratch("old/\(file)")))
                        == Data(contentsOf: URL(fileURLWithPath: scratch("new/\(file)"))))
            }
        }

        @Test(.enabled(if: Program.isOpenMPI, "MPICH's launcher passes signals on in its own way"))
        func `a graph of other neighbors is refused by the option and the numbers that were typed`() throws {
            let scratch = try Scratch()
            let words = "synthesize --runs 150 --test 200 --train 8000 --out".split(separator: " ").map(String.init)
            try #require(Program.run(words + [scratch("ensemble")], ranks: 2).exitCode == 0)
            let graph = [
                "kernel", scratch("ensemble"), "--pairs", "train-train", "--neighbors-only", "--out", scratch("graph"),
                "--memory", "48MiB",
            ]
            let checkpoint = scratch("graph/checkpoint")
            let stopped = try Program.run(
                graph + ["--k", "10", "--checkpoint-every", "0.05s"], ranks: 2,
                interruption: .init(SIGUSR1) {
                    let segments = try? FileManager.default.contentsOfDirectory(atPath: checkpoint)
                    return segments?.contains { !$0.hasSuffix("partial") } == true
                })
            try #require(stopped.exitCode == 75, "\(stopped.error)")
            let refused = try Program.run(graph + ["--k", "12", "--resume"], ranks: 2)
            #expect(refused.exitCode == 64)
            #expect(
                refused.messages == [
                    "ensemble-kernel-mpi: \(checkpoint) holds a job with another --k, 10 instead of 12: "
                        + "leave out --resume to start over"
                ])

            // A checkpoint of the version before this one.
            let segment = try #require(FileManager.default.contentsOfDirectory(atPath: checkpoint).first)
            try Data("sealed by ekmpi\n...".utf8).write(to: URL(fileURLWithPath: "\(checkpoint)/\(segment)"))
            let old = try Program.run(graph + ["--k", "10", "--resume"], ranks: 2)
            #expect(old.exitCode == 64)
            #expect(old.messages.count == 1 && old.messages[0].contains("format 0"), "\(old.error)")
        }
    }
}
