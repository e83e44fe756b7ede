import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct TrainTests {
        private static let small = [
            "--train-examples", "500", "--test-examples", "200", "--hidden", "16", "--epochs", "2",
        ]

        private func train(
            _ out: String, runs: Int, _ options: [String] = [], ranks: Int?, timeLimit: Duration = .seconds(120)
        ) throws -> ParallelProcess.Outcome {
            try Program.run(
                ["train", "--out", out, "--runs", "\(runs)"] + Self.small + options, ranks: ranks, timeLimit: timeLimit)
        }

        private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

        private func expectSameLogits(_ folder: String, _ other: String) throws {
            var names = ["logits.npy", "logits_train.npy", "features.npy", "features_train.npy"]
            names += ["masks.npy", "weights.npy"].filter {
                FileManager.default.fileExists(atPath: "\(folder)/\($0)")
            }
            for name in names {
                #expect(try bytes("\(folder)/\(name)") == bytes("\(other)/\(name)"), "\(name)")
            }
        }

        @Test(arguments: [[], ["--network", "conv", "--shift", "2", "--keep-weights", "--subset", "0.5"]])
        func `a run's logits depend on no number of ranks or threads, nor on other runs`(network: [String]) throws {
            let scratch = try Scratch()
            try #require(train(scratch("1"), runs: 6, network + ["--threads", "1"], ranks: nil).exitCode == 0)
            try #require(train(scratch("2"), runs: 6, network + ["--threads", "2"], ranks: 1).exitCode == 0)
            try #require(train(scratch("3"), runs: 6, network, ranks: 3).exitCode == 0)
            try #require(train(scratch("7"), runs: 6, network, ranks: 7).exitCode == 0)
            for other in ["2", "3", "7"] { try expectSameLogits(scratch("1"), scratch(other)) }

            // Grown in three steps over other numbers of ranks.
            for (runs, ranks) in [(1, 2), (4, 3), (6, 1)] {
                try #require(train(scratch("grown"), runs: runs, network, ranks: ranks).exitCode == 0)
            }
            try expectSameLogits(scratch("1"), scratch("grown"))
            let logits = try ArrayFile.open(scratch("grown/logits.npy"))[0]
            #expect(logits.shape == [6, 200, 10] && logits.elementType == .float16)
            let first = try logits[0].withContiguousBytes { Data($0) }
            #expect(try logits[1].withContiguousBytes { Data($0) } != first)
        }

        @Test func `the first run's logits are linear in its features`() throws {
            let scratch = try Scratch()
            try #require(train(scratch("out"), runs: 2, ranks: 2).exitCode == 0)
            let python = try Python.run(
                """
                import sys
                import numpy as np
                load = lambda name: np.load(f"{sys.argv[1]}/{name}.npy")
                features, logits = load("features_train"), load("logits_train").astype(np.float64)
                assert features.shape == (500, 16) and features.dtype == np.float32 and features.min() == 0
                solve = lambda f: np.hstack([f, np.ones((len(f), 1))])
                weights = np.linalg.lstsq(solve(features), logits[0], rcond=None)[0]
                # What float16 rounds, and no more; and the same for the test examples, and for no other run.
                assert abs(solve(features) @ weights - logits[0]).max() < 0.01
                assert abs(solve(load("features")) @ weights - load("logits")[0]).max() < 0.01
                assert abs(solve(features) @ weights - logits[1]).max() > 0.1
                """, scratch("out"))
            #expect(python.status == 0)
        }

        @Test func `what was killed goes on where it stopped`() throws {
            let scratch = try Scratch()
            let longer = ["--epochs", "60", "--keep-weights"]
            // Killed by the time limit, wherever it is then; a fast machine may be done, a slow one not have begun.
            _ = try? train(scratch("killed"), runs: 48, longer, ranks: 2, timeLimit: .seconds(2))
            let outcome = try train(scratch("killed"), runs: 48, longer, ranks: 3)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            try #require(train(scratch("undisturbed"), runs: 48, longer, ranks: 2).exitCode == 0)
            try expectSameLogits(scratch("killed"), scratch("undisturbed"))
            let leftovers = try FileManager.default.contentsOfDirectory(atPath: scratch("killed")).sorted()
            #expect(
                leftovers == [
                    "ensemble.json", "features.npy", "features_train.npy", "images.npy", "images_train.npy",
                    "labels.npy", "labels_train.npy",
                    "logits.npy", "logits_train.npy", "weights.npy",
                ])
        }

        @Test func `students learn what a report says of their ensemble, the same on any ranks`() throws {
            let scratch = try Scratch()
            try #require(train(scratch("teachers"), runs: 4, ranks: 2).exitCode == 0)
            try #require(Program.run("report", scratch("teachers"), "--out", scratch("page.html")).exitCode == 0)
            let soft = ["--targets", scratch("page_files/targets_kernel_train.npy")]
            try #require(train(scratch("1"), runs: 3, soft, ranks: nil).exitCode == 0)
            try #require(train(scratch("3"), runs: 3, soft, ranks: 3).exitCode == 0)
            try expectSameLogits(scratch("1"), scratch("3"))
            func first(_ folder: String) throws -> [Double] {
                try ArrayFile.open(scratch("\(folder)/logits.npy"))[0][0].reals()
            }
            #expect(try first("1") != first("teachers"))
            let other = try train(scratch("1"), runs: 4, ranks: nil)
            #expect(
                other.exitCode == 64 && other.messages[0].contains("made with --targets of CRC-32 "), "\(other.error)")
        }

        @Test func `again with as many runs there is nothing to do, with other options it is refused`() throws {
            let scratch = try Scratch()
            try #require(train(scratch("out"), runs: 2, ranks: 2).exitCode == 0)
            let before = try bytes(scratch("out/logits.npy"))
            let again = try train(scratch("out"), runs: 1, ranks: 2)
            #expect(again.exitCode == 0 && again.output.contains("nothing to train"))
            let other = try train(scratch("out"), runs: 4, ["--seed", "9"], ranks: 3)
            #expect(other.exitCode == 64)
            #expect(other.messages.count == 1 && other.messages[0].contains("seed"))
            #expect(try bytes(scratch("out/logits.npy")) == before)
        }

        @Test(
            arguments: usually(
                ["snapshot", "laplace"], inAll: ["nocycle", "single-cycle", "fge", "dropout", "swag", "csgld", "vi"]))
        func `chains give the same runs on any number of ranks`(method: String) throws {
            let scratch = try Scratch()
            let options = ["--method", method, "--samples", "3"]
            try #require(train(scratch("1"), runs: 7, options, ranks: nil).exitCode == 0)
            try #require(train(scratch("5"), runs: 7, options, ranks: 5).exitCode == 0)
            try expectSameLogits(scratch("1"), scratch("5"))
            #expect(try bytes(scratch("1/ensemble.json")) == bytes(scratch("5/ensemble.json")))
            let deep = try train(scratch("1"), runs: 9, ranks: 2)
            #expect(deep.exitCode == 64)
            #expect(
                deep.messages.count == 1 && deep.messages[0].contains("made with --method \(method)"), "\(deep.error)")
        }

        @Test(
            arguments: [
                ["--dropout", "0.1"], ["--samples", "2"], ["--method", "snapshot", "--temperature", "1"],
                ["--method", "dropout", "--dropout", "1"],
                ["--method", "csgld", "--cycle-epochs", "2", "--samples-per-cycle", "3"],
                ["--method", "guess"], ["--subset", "0"], ["--subset", "0.5", "--bootstrap"],
            ], usually([nil], inAll: [2]) as [Int?])
        func `values that a method does not have or cannot take are refused`(options: [String], ranks: Int?) throws {
            let scratch = try Scratch()
            let outcome = try train(scratch("out"), runs: 2, options, ranks: ranks)
            #expect(outcome.exitCode == 64, "\(outcome.error)")
            #expect(!FileManager.default.fileExists(atPath: scratch("out/logits.npy")))
        }

        /// Root may mount a small disk of memory and fill it.
        private static let canMount = geteuid() == 0 && (try? Disk(megabytes: 1)) != nil

        @Test(.enabled(if: canMount, "mounting a small disk needs root"), arguments: [nil, 3] as [Int?])
        func `a full disk leaves the runs finished before it intact`(ranks: Int?) throws {
            let disk = try Disk(megabytes: 3)
            let out = "\(disk.path)/ensemble"
            try #require(train(out, runs: 20, ranks: ranks).exitCode == 0)
            let before = try (bytes("\(out)/logits.npy"), bytes("\(out)/logits_train.npy"))
            let full = try train(out, runs: 2000, ranks: ranks)
            #expect(full.exitCode == 73)
            #expect(full.messages.count == 1, "\(full.error)")
            #expect(try (bytes("\(out)/logits.npy"), bytes("\(out)/logits_train.npy")) == before)
            let predicted = try Program.run("predict", out, ranks: ranks)
            #expect(predicted.exitCode == 0, "\(predicted.error)")
        }

        @Test(arguments: [nil, 3] as [Int?])
        func `an output folder that cannot be written is said at once`(ranks: Int?) throws {
            let scratch = try Scratch()
            try Data().write(to: URL(fileURLWithPath: scratch("file")))
            let outcome = try train(scratch("file/below"), runs: 2, ranks: ranks)
            #expect(outcome.exitCode == 73)
            #expect(outcome.messages.count == 1 && outcome.messages[0].contains("file/below"), "\(outcome.error)")
        }

        @Test func `the demo trains, predicts and says where the files are`() throws {
            let scratch = try Scratch()
            let outcome = try Program.run(["--out", scratch("demo"), "--runs", "8"] + Self.small, ranks: 2)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            for text in [
                "single model", "mean of logits", "mean of probabilities", "majority", "weights K^4",
                "correct (of 200)",
                scratch("demo/results"), "demo/report.html, tables to ",
            ] {
                #expect(outcome.output.contains(text), "\(text)")
            }
            #expect(outcome.error.hasPrefix("ensemble-kernel-mpi: this is the demo"), "\(outcome.error)")
            #expect(try Results(scratch("demo/results")).number("ensemble", "runs") == 8)
            #expect(try String(contentsOfFile: scratch("demo/report.html"), encoding: .utf8).contains("Ankle boot"))
            #expect(try json(scratch("demo/report_files/report.json"))["nearest_by_features"] is [[Int]])
        }
    }
}

/// A small disk of memory, mounted for the duration of a test.
final class Disk {
    let path: String

    init(megabytes: Int) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("disk-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            try FileManager.default.removeItem(atPath: path)
            throw POSIXError(.EPERM)
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        try? FileManager.default.removeItem(atPath: path)
    }
}
