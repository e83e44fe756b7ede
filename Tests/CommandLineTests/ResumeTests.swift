import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite(
        .enabled(if: Program.isOpenMPI, "MPICH's launcher passes signals on in its own way"),
        .ensemble(runs: 150, test: 2500, train: 8000))
    struct ResumeTests {
        /// A job that is saved in many pieces, and what it writes.
        struct Job: Sendable, CustomTestStringConvertible {
            let command: [String]
            /// In the folder of the job, as is its checkpoint.
            let results: [String]
            let checkpoint: String
            /// What asks it to stop.
            var signal = SIGUSR1
            var testDescription: String { command[0] }
        }

        private static let jobs = [
            Job(
                command: ["predict", "ensemble", "--out", "out", "--memory", "44MiB", "--k-max", "11"],
                results: ["out/neighbors.npy", "out/similarities.npy", "out/predictions.csv"],
                checkpoint: "out/checkpoint"),
            Job(
                command: [
                    "kernel", "ensemble", "--pairs", "train-train", "--out", "kernel.npy", "--memory", "8MiB",
                ],
                results: ["kernel.npy"], checkpoint: "kernel.npy.checkpoint", signal: SIGTERM),
            Job(
                command: [
                    "kernel", "ensemble", "--pairs", "train-train", "--neighbors-only", "--out", "out", "--memory",
                    "48MiB",
                ],
                results: ["out/neighbors.npy", "out/similarities.npy"], checkpoint: "out/checkpoint"),
            Job(
                command: [
                    "predict", "ensemble", "--out", "out", "--memory", "48MiB", "--k-max", "21", "--scaling", "local",
                    "--joint",
                ],
                results: ["out/neighbors.npy", "out/similarities.npy", "out/predictions.csv"],
                checkpoint: "out/checkpoint", signal: SIGTERM),
            Job(
                command: [
                    "sweep", "ensemble", "--out", "out", "--sizes", "32", "--windows", "2", "--memory", "64MiB",
                    "--scaling", "local",
                ],
                results: ["out/sweep.json", "out/sweep.csv"], checkpoint: "out/checkpoint"),
        ]

        /// Runs a job in a folder of its own, on the ensemble of the suite or a copy of it.
        private func run(
            _ job: Job, in scratch: Scratch, on ensemble: String? = nil, ranks: Int?, _ options: [String] = [],
            signal: Int32? = nil
        ) throws -> ParallelProcess.Outcome {
            let paths = [
                "ensemble": try ensemble ?? #require(SharedEnsemble.current).path, "out": scratch("out"),
                "kernel.npy": scratch("kernel.npy"),
            ]
            let checkpoint = scratch(job.checkpoint)
            return try Program.run(
                job.command.map { paths[$0] ?? $0 } + options, ranks: ranks,
                interruption: signal.map { signal in
                    .init(signal) {
                        let segments = try? FileManager.default.contentsOfDirectory(atPath: checkpoint)
                        return segments?.contains { !$0.hasSuffix("partial") } == true
                    }
                })
        }

        @Test(arguments: usually(Array(jobs[..<2]), inAll: Array(jobs[2...])))
        func `a job that is asked to stop goes on, on other ranks, and writes the same bytes`(job: Job) throws {
            let scratch = try Scratch()
            try #require(run(job, in: scratch, ranks: 2).exitCode == 0)
            let expected = try job.results.map { try Data(contentsOf: URL(fileURLWithPath: scratch($0))) }
            for result in job.results { try FileManager.default.removeItem(atPath: scratch(result)) }

            let often = ["--checkpoint-every", "0.1s"]
            let stopped = try run(job, in: scratch, ranks: 3, often, signal: job.signal)
            #expect(stopped.exitCode == 75, "\(stopped.error)")
            let name = job.signal == SIGUSR1 ? "SIGUSR1" : "SIGTERM"
            #expect(
                stopped.messages.count { $0.contains("stopped by \(name)") && $0.contains("--resume") } == 1,
                "\(stopped.error)")
            #expect(job.results.allSatisfy { !FileManager.default.fileExists(atPath: scratch($0)) })

            let again = try run(job, in: scratch, ranks: 2, often + ["--resume"], signal: job.signal)
            #expect([0, 75].contains(again.exitCode), "\(again.error)")
            let finished = try run(job, in: scratch, ranks: nil, ["--resume"])
            #expect(finished.exitCode == 0, "\(finished.error)")
            for (result, bytes) in zip(job.results, expected) {
                #expect(try Data(contentsOf: URL(fileURLWithPath: scratch(result))) == bytes, "\(result)")
            }
            #expect(!FileManager.default.fileExists(atPath: scratch(job.checkpoint)))
        }

        @Test func `searches that are divided over the ranks in different ways have their votes in the same rows`()
            throws
        {
            let scratch = try Scratch()
            let job = try #require(Self.jobs.first { $0.command.contains("--scaling") })
            try #require(run(job, in: scratch, ranks: 2).exitCode == 0)
            let expected = try Data(contentsOf: URL(fileURLWithPath: scratch("out/predictions.csv")))
            for result in job.results { try FileManager.default.removeItem(atPath: scratch(result)) }
            // Tiles of one rank, which two share when they go on; the second search has tiles of two.
            let stopped = try run(
                job, in: scratch, ranks: nil, ["--threads", "1", "--checkpoint-every", "0.05s"], signal: SIGTERM)
            try #require(stopped.exitCode == 75, "\(stopped.error)")
            let finished = try run(job, in: scratch, ranks: 2, ["--resume"])
            #expect(finished.exitCode == 0, "\(finished.error)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: scratch("out/predictions.csv"))) == expected)
        }

        @Test func `Ctrl-C stops a job as a batch system does`() throws {
            let scratch = try Scratch()
            let stopped = try run(
                Self.jobs[0], in: scratch, ranks: 2, ["--checkpoint-every", "0.02s"], signal: SIGINT)
            #expect(stopped.exitCode == 75, "\(stopped.error)")
            #expect(stopped.messages.count { $0.contains("stopped by SIGINT") && $0.contains("--resume") } == 1)
        }

        /// Flips the lowest bit of a byte of a file, as a disk may.
        private func flipBit(ofByte offset: Int, in path: String) throws {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.seek(toOffset: UInt64(offset))
            let byte = try #require(file.read(upToCount: 1)?.first)
            try file.seek(toOffset: UInt64(offset))
            try file.write(contentsOf: [byte ^ 1])
            try file.close()
        }

        @Test func `a tile of a matrix that is damaged meanwhile is said, and computed again`() throws {
            let scratch = try Scratch()
            let job = Self.jobs[1]
            try #require(run(job, in: scratch, ranks: 2).exitCode == 0)
            let expected = try Data(contentsOf: URL(fileURLWithPath: scratch("kernel.npy")))
            try FileManager.default.removeItem(atPath: scratch("kernel.npy"))
            let stopped = try run(job, in: scratch, ranks: 3, ["--checkpoint-every", "0.1s"], signal: job.signal)
            try #require(stopped.exitCode == 75, "\(stopped.error)")
            // Every rank has done a tile, rank 0 the first, whose elements begin after the header of 128 bytes.
            try flipBit(ofByte: 128 + 5, in: scratch("kernel.npy.partial"))
            let finished = try run(job, in: scratch, ranks: 2, ["--resume"])
            #expect(finished.exitCode == 0, "\(finished.error)")
            let said = finished.messages.filter {
                $0.contains("kernel.npy.partial: 1 of ") && $0.contains(" is damaged, and computed again")
            }
            #expect(said.count == 1 && finished.messages.count == 1, "\(finished.error)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: scratch("kernel.npy"))) == expected)
        }

        @Test func `a checkpoint of another ensemble or of other options is refused by name`() throws {
            let scratch = try Scratch()
            try FileManager.default.copyItem(
                atPath: #require(SharedEnsemble.current).path, toPath: scratch("ensemble"))
            let ensemble = scratch("ensemble")
            let job = Self.jobs[0]
            let often = ["--checkpoint-every", "0.02s"]
            let stopped = try run(job, in: scratch, on: ensemble, ranks: 2, often, signal: SIGUSR1)
            try #require(stopped.exitCode == 75, "\(stopped.error)")

            for (option, name) in [(["--transform", "raw"], "--transform"), (["--runs", "60"], "number of runs")] {
                let refused = try run(job, in: scratch, on: ensemble, ranks: 3, ["--resume"] + option)
                #expect(refused.exitCode == 64)
                #expect(refused.messages.count == 1 && refused.messages[0].contains(name), "\(refused.error)")
            }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: scratch("ensemble/logits_train.npy")))
            try file.seek(toOffset: 100_000)
            try file.write(contentsOf: Data([0, 0x40]))
            try file.close()
            let refused = try run(job, in: scratch, on: ensemble, ranks: 3, ["--resume"])
            #expect(refused.exitCode == 64)
            #expect(refused.messages.count == 1 && refused.messages[0].contains("other logits of the columns"))

            let anew = try run(job, in: scratch, on: ensemble, ranks: 2)
            #expect(anew.exitCode == 0)
            #expect(anew.messages.count == 1 && anew.messages[0].contains("which is discarded"), "\(anew.error)")
        }

        private static let training = [
            "train", "--train-examples", "500", "--test-examples", "200", "--hidden", "16", "--epochs", "80",
        ]

        /// Trains on three ranks until some runs are finished.
        private func trainUntilStopped(_ scratch: Scratch, _ options: [String]) throws -> ParallelProcess.Outcome {
            let journal = scratch("out/training.journal")
            return try Program.run(
                Self.training + options + ["--out", scratch("out")], ranks: 3,
                interruption: .init(SIGUSR1) { (try? Self.finishedRuns(journal).isEmpty) == false })
        }

        /// The runs that a journal has as finished: those whose lines, after the first, are not blank.
        private static func finishedRuns(_ journal: String) throws -> [Int] {
            let lines = try String(contentsOfFile: journal, encoding: .utf8).split(separator: "\n").dropFirst()
            return lines.enumerated().filter { $1.contains { $0 != " " } }.map(\.offset)
        }

        private func expectSameTraining(_ scratch: Scratch, _ options: [String]) throws {
            try #require(
                Program.run(Self.training + options + ["--out", scratch("undisturbed")], ranks: 2).exitCode == 0)
            for name in ["logits.npy", "logits_train.npy", "ensemble.json"] {
                #expect(
                    try Data(contentsOf: URL(fileURLWithPath: scratch("out/\(name)")))
                        == Data(contentsOf: URL(fileURLWithPath: scratch("undisturbed/\(name)"))))
            }
        }

        @Test func `a training that is asked to stop says so and keeps its runs`() throws {
            let scratch = try Scratch()
            let options = ["--runs", "200", "--log", "json"]
            let stopped = try trainUntilStopped(scratch, options)
            #expect(stopped.exitCode == 75, "\(stopped.error)")
            #expect(stopped.messages.count == 1 && stopped.messages[0].contains("SIGUSR1"), "\(stopped.error)")
            let finished = try Program.run(Self.training + options + ["--out", scratch("out"), "--resume"], ranks: 2)
            #expect(finished.exitCode == 0, "\(finished.error)")
            let runs = try (stopped.error + finished.error).split(separator: "\n").filter { $0.hasPrefix("{") }.map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }.compactMap { $0?["run"] as? Int }
            #expect(runs.sorted() == Array(0..<200))
            try expectSameTraining(scratch, options)
        }

        @Test func `a demo that is stopped says how to go on`() throws {
            let scratch = try Scratch()
            let journal = scratch("out/training.journal")
            let stopped = try Program.run(
                Self.training.dropFirst() + ["--runs", "200", "--out", scratch("out")], ranks: 2,
                interruption: .init(SIGINT) { (try? Self.finishedRuns(journal).isEmpty) == false })
            #expect(stopped.exitCode == 75, "\(stopped.error)")
            #expect(
                stopped.messages.contains {
                    $0.contains("stopped by SIGINT") && $0.hasSuffix("; run the same command again to continue")
                }, "\(stopped.error)")
        }

        @Test func `a run that is damaged meanwhile is said, and made again`() throws {
            let scratch = try Scratch()
            let options = ["--runs", "120"]
            try #require(trainUntilStopped(scratch, options).exitCode == 75)
            // A run has 200 examples of 10 classes in float16, after a header of 128 bytes.
            let run = try #require(Self.finishedRuns(scratch("out/training.journal")).last)
            try flipBit(ofByte: 128 + run * 200 * 10 * 2 + 77, in: scratch("out/logits.npy.partial"))
            let finished = try Program.run(Self.training + options + ["--out", scratch("out")], ranks: 2)
            #expect(finished.exitCode == 0, "\(finished.error)")
            #expect(
                finished.messages.count == 1 && finished.messages[0].contains("out: 1 of ")
                    && finished.messages[0].contains(" is damaged, and trained again"), "\(finished.error)")
            try expectSameTraining(scratch, options)
        }
    }
}
