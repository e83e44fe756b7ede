import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct PredictTests {
        private let fashion = Fixtures.fashion

        @Test(
            arguments: usually(
                [(nil, nil), (1, nil), (2, nil), (3, "1x3"), (3, "3x1"), (4, "2x2")],
                inAll: [
                    (16, nil), (4, "1x4"), (7, "1x7"), (16, "1x16"), (2, "2x1"), (7, "7x1"), (16, "4x4"), (16, "16x1"),
                ]) as [(Int?, String?)])
        func `64 real runs give the float64 reference on any number of ranks`(ranks: Int?, grid: String?) throws {
            let scratch = try Scratch()
            let threads = ranks == nil ? "2" : "1"
            let outcome =
                if let grid {
                    try Program.run("predict", fashion, "--out", scratch("out"), "--grid", grid, ranks: ranks)
                } else {
                    try Program.run("predict", fashion, "--out", scratch("out"), "--threads", threads, ranks: ranks)
                }
            try #require(outcome.exitCode == 0, "\(outcome.error)")

            let results = try Results(scratch("out"))
            let tensors = try ArrayFile.open("\(fashion)/expected-neighbors.npz")
            let neighbors = try #require(tensors.first { $0.name == "neighbors" }).integers()
            let similarities = try #require(tensors.first { $0.name == "similarities" }).withContiguousBytes {
                Array($0.bindMemory(to: Double.self))
            }
            let found = difference(results, neighbors: neighbors, similarities: similarities, k: 101, gap: 1e-5)
            #expect(results.k == 101 && results.neighbors.count == neighbors.count)
            #expect(found.similarity < 1e-7)
            #expect(results.neighbors == neighbors)

            let expected = try json("\(fashion)/expected.json")
            for key in ["single_model_mean", "single_model_std", "ensemble_logits", "ensemble_probabilities"] {
                let value = try #require(results.number("accuracy", key))
                #expect(abs(value - (expected[key] as? Double ?? .nan)) < 1e-12, "\(key)")
            }
            #expect(results.number("accuracy", "kernel_weighted", "accuracy") == expected["kernel_weighted"] as? Double)
            let sweep = try #require(results.summary["k_sweep"] as? [String: [Double]])
            let majority = try #require(expected["kernel_majority"] as? [String: Double])
            #expect(sweep["k"]?.map { majority[String(Int($0))] } == sweep["majority"])
            #expect(results.number("accuracy", "kernel_majority", "accuracy") == majority["3"])
            #expect(results.number("ranks") == Double(ranks ?? 1))
        }

        @Test(arguments: [1, 3])
        func `PyTorch shards of strided views and several types give the float64 reference`(ranks: Int) throws {
            let scratch = try Scratch()
            let shards = Fixtures.shards
            let outcome = try Program.run("predict", shards, "--out", scratch("out"), "--k-max", "20", ranks: ranks)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let results = try Results(scratch("out"))
            let neighbors = try ArrayFile.open("\(shards)/expected-neighbors.npy")[0].integers()
            let similarities = try ArrayFile.open("\(shards)/expected-similarities.npy")[0].withContiguousBytes {
                Array($0.bindMemory(to: Double.self))
            }
            let found = difference(results, neighbors: neighbors, similarities: similarities, k: 20, gap: 1e-5)
            #expect(found.similarity < 1e-5)
            #expect(found.neighbors == 0)
            #expect(results.number("ensemble", "runs") == 24)
            let expected = try json("\(shards)/expected.json")
            for key in ["single_model_mean", "ensemble_logits", "ensemble_probabilities"] {
                #expect(abs(results.number("accuracy", key)! - (expected[key] as? Double ?? .nan)) < 1e-12, "\(key)")
            }
            for key in ["kernel_majority", "kernel_weighted"] {
                #expect(results.number("accuracy", key, "accuracy") == expected[key] as? Double, "\(key)")
            }
        }

        /// Every grid of each number of ranks, with options that must change nothing.
        private static let ways: [(ranks: Int, options: [String])] = {
            let grids = [1, 2, 3, 4, 7, 16].flatMap { ranks in
                (1...ranks).filter { ranks.isMultiple(of: $0) }.map { (ranks, "\($0)x\(ranks / $0)") }
            }
            return grids.enumerated().map { number, grid in
                let memory = ["64MiB", "100MB", "2GiB"][number % 3]
                let screen = ["int8", "float32"][number / 2 % 2]
                return (
                    grid.0,
                    ["--grid", grid.1, "--threads", "\(number % 2 + 1)", "--memory", memory, "--screen", screen]
                )
            }
        }()

        @Test(arguments: ["real", "hard", "close"])
        func `any ranks, grid, threads, memory and screen give the same bytes`(name: String) throws {
            let scratch = try Scratch()
            var ensemble = fashion
            var options: [String] = []
            if name == "close" {
                ensemble = scratch("ensemble")
                options = ["--k-max", "3"]
                var close = RandomEnsemble(runs: 21, test: 90, train: 110, classes: 3)
                // All are nearly the first: more than bytes can tell apart, and so worth a look at high digits.
                for i in close.trainLogits.indices where i % 330 >= 3 {
                    close.trainLogits[i] = close.trainLogits[i / 330 * 330 + i % 3] + 0.01 * close.trainLogits[i]
                }
                try close.write(to: ensemble)
            }
            if name == "hard" {
                ensemble = scratch("ensemble")
                var hard = RandomEnsemble(runs: 21, test: 13, train: 40, classes: 3)
                // Every example thrice, one that is constant but for a spike, and one that nobody doubts.
                for i in hard.trainLogits.indices { hard.trainLogits[i] = hard.trainLogits[i / 120 * 120 + i % 39] }
                for run in 0..<21 {
                    for c in 0..<3 {
                        hard.trainLogits[run * 120 + 15 + c] = run == 11 ? 9 : Double(c)
                        hard.logits[run * 39 + 6 + c] *= 90
                    }
                }
                try hard.write(to: ensemble)
            }
            let alone = try Program.run(
                ["predict", ensemble, "--screen", "int8", "--out", scratch("alone")] + options)
            try #require(alone.exitCode == 0, "\(alone.error)")
            let narrowed = try #require(Results(scratch("alone")).number("narrowed_pairs"))
            #expect(narrowed > 0 || name != "close")
            for (number, way) in Self.ways.tried({ $0.ranks < 4 || $0.options[1] == "2x2" }).enumerated() {
                let out = scratch("way-\(number)")
                let outcome = try Program.run(
                    ["predict", ensemble, "--out", out] + way.options + options, ranks: way.ranks)
                try #require(outcome.exitCode == 0, "\(way): \(outcome.error)")
                for file in ["neighbors.npy", "similarities.npy", "predictions.csv"] {
                    let (expected, found) = ("\(scratch("alone"))/\(file)", "\(out)/\(file)")
                    #expect(FileManager.default.contentsEqual(atPath: expected, andPath: found), "\(way): \(file)")
                }
            }
        }

        @Test func `a processor without instructions for bytes finds the same`() throws {
            let scratch = try Scratch()
            // oneDNN keeps to what the variable allows; the counts then end at 90.
            let few = ["ONEDNN_MAX_CPU_ISA": "AVX2"]
            for (folder, screen, environment) in [("all", "int8", [:]), ("few", "int8", few), ("auto", "auto", few)] {
                let outcome = try ParallelProcess.run(
                    ranks: 2, executable: "ensemble-kernel-mpi",
                    arguments: ["predict", fashion, "--screen", screen, "--out", scratch(folder)],
                    environment: environment, timeLimit: .seconds(120))
                try #require(outcome.exitCode == 0, "\(outcome.error)")
            }
            for file in ["neighbors.npy", "similarities.npy", "predictions.csv"] {
                for folder in ["few", "auto"] {
                    let (expected, found) = (scratch("all/\(file)"), scratch("\(folder)/\(file)"))
                    #expect(FileManager.default.contentsEqual(atPath: expected, andPath: found), "\(folder)")
                }
            }
            // Fewer counts leave wider intervals, and so more pairs to compute.
            let pairs = try ["all", "few"].map { try #require(Results(scratch($0)).number("refined_pairs")) }
            #expect(pairs[0] <= pairs[1])
        }

        @Test func `too little memory is refused with what would be enough`() throws {
            let outcome = try Program.run("predict", fashion, "--memory", "10MiB", ranks: 2)
            #expect(outcome.exitCode == 64)
            #expect(outcome.messages.count == 1 && outcome.messages[0].contains("at least"))
            #expect(try Program.run("predict", fashion, "--memory", "much").exitCode == 64)
        }

        @Test func `ranks keep to their memory, and write the same bytes with little of it`() throws {
            let scratch = try Scratch()
            let made = try Program.run(
                "synthesize", "--runs", "100", "--test", "2000", "--train", "6000", "--out", scratch("ensemble"),
                ranks: 2)
            try #require(made.exitCode == 0, "\(made.error)")
            var most: [Double] = []
            for memory in ["1GiB"] + usually([], inAll: ["100MiB"]) + ["56MiB"] {
                let outcome = try Program.run(
                    "predict", scratch("ensemble"), "--memory", memory, "--out", scratch(memory), ranks: 2)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                let results = try Results(scratch(memory))
                most.append(try #require(results.number("peak_memory_bytes", "max_rank_without_files")))
                #expect(most.last! > 0 && most.last! <= results.number("memory_limit_bytes")!)
                for file in ["neighbors.npy", "similarities.npy", "predictions.csv"] {
                    #expect(
                        FileManager.default.contentsEqual(
                            atPath: "\(scratch("1GiB"))/\(file)", andPath: "\(scratch(memory))/\(file)"))
                }
            }
            #expect(most.last! < most[0], "less memory made no difference: this test proves nothing")
        }

        @Test func `ranks beyond the cores of their host are left idle, unless a grid asks for them`() throws {
            let scratch = try Scratch()
            let ranks = ProcessInfo.processInfo.processorCount + 1
            for grid in [nil, "1x\(ranks)"] {
                let options = grid.map { ["--grid", $0] } ?? []
                let outcome = try Program.run(["predict", fashion, "--out", scratch("out")] + options, ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                let isSaid = outcome.messages.contains { $0.contains("1 of \(ranks) ranks were idle because") }
                #expect(isSaid == (grid == nil))
                let results = try Results(scratch("out"))
                let workers = results.number("grid", "runs")! * results.number("grid", "train")!
                #expect(workers == Double(grid == nil ? ranks - 1 : ranks))
                #expect(results.number("ranks") == Double(ranks))
            }
        }

        @Test func `more ranks than runs and than training examples idle and change nothing`() throws {
            let scratch = try Scratch()
            let ensemble = RandomEnsemble(runs: 3, test: 4, train: 5, classes: 3)
            try ensemble.write(to: scratch("ensemble"))
            let alone = try Program.run("predict", scratch("ensemble"), "--out", scratch("alone"))
            try #require(alone.exitCode == 0, "\(alone.error)")
            for grid in ["7x1", "1x7"] {
                let outcome = try Program.run(
                    "predict", scratch("ensemble"), "--out", scratch(grid), "--grid", grid, ranks: 7)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                #expect(outcome.messages.contains { $0.contains("idle") })
                #expect(try Results(scratch(grid)).neighbors == Results(scratch("alone")).neighbors)
            }
        }

        @Test func `without labels everything but the accuracies is there`() throws {
            let scratch = try Scratch()
            let ensemble = RandomEnsemble(runs: 5, test: 6, train: 8, classes: 3)
            try ensemble.write(to: scratch("ensemble"), labels: false)
            let outcome = try Program.run("predict", scratch("ensemble"), "--out", scratch("out"), ranks: 2)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let results = try Results(scratch("out"))
            #expect(results.summary["accuracy"] == nil && results.summary["k_sweep"] == nil)
            #expect(results.neighbors.count == 6 * 8 && results.k == 8)
            let table = try String(contentsOfFile: scratch("out/predictions.csv"), encoding: .utf8)
            #expect(table.hasPrefix("index,label,ensemble,kernel_majority,kernel_weighted,similarity\n0,,"))
            #expect(table.split(separator: "\n").count == 7)
        }

        @Test(arguments: [("softmax", true), ("log-softmax", false)])
        func `what probabilities cannot hold is counted, and told with what can`(
            transform: String, isLost: Bool
        ) throws {
            let scratch = try Scratch()
            // The lead of class 0 is 2,000 and a run's own part more: probabilities of 1 and 0 in every run.
            var ensemble = RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3)
            for place in stride(from: 0, to: ensemble.logits.count, by: 3) { ensemble.logits[place] = 2000 }
            try ensemble.write(to: scratch("ensemble"))
            let outcome = try Program.run(
                "predict", scratch("ensemble"), "--transform", transform, "--out", scratch("out"), ranks: 2)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let found = try Results(scratch("out")).summary["zero_variance"] as? [String: Int]
            // The logarithm of a probability that near to 1 is 0 in every run.
            let lost = isLost ? 18 : 6
            #expect(found == ["test": lost, "test_examples": 6, "train": 0, "train_examples": 0])
            #expect(
                outcome.output.contains(
                    "\(lost) outputs (example, class) of 6 examples are constant over the runs and contribute 0"))
            #expect(outcome.output.contains("--transform log-softmax may tell them apart") == isLost)
        }

        @Test func `fewer training examples than the defaults ask for are enough`() throws {
            let scratch = try Scratch()
            try RandomEnsemble(runs: 3, test: 2, train: 1, classes: 2).write(to: scratch("ensemble"))
            let outcome = try Program.run("predict", scratch("ensemble"), "--out", scratch("out"), ranks: 2)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            #expect(try Results(scratch("out")).neighbors == [0, 0])
            #expect(outcome.output.contains("3 runs: with fewer than 16 similarities are noisy"))
        }

        @Test func `runs that links lead to again count once`() throws {
            let scratch = try Scratch()
            let files = FileManager.default
            try files.createDirectory(atPath: scratch("tree/job"), withIntermediateDirectories: true)
            try files.copyItem(atPath: "\(Fixtures.shards)/job0/log.pt", toPath: scratch("tree/job/log.pt"))
            try files.createSymbolicLink(atPath: scratch("tree/latest.pt"), withDestinationPath: "job/log.pt")
            try files.createSymbolicLink(atPath: scratch("tree/job/up"), withDestinationPath: "..")
            let outcome = try Program.run("predict", scratch("tree"), "--out", scratch("out"))
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            #expect(try Results(scratch("out")).number("ensemble", "runs") == 8)
        }

        @Test func `a folder that another job writes into is refused, and free again after it`() throws {
            let scratch = try Scratch()
            try RandomEnsemble(runs: 3, test: 4, train: 5, classes: 2).write(to: scratch("ensemble"))
            var claim: FolderClaim? = try FolderClaim(scratch("out"))
            let refused = try Program.run("predict", scratch("ensemble"), "--out", scratch("out"), ranks: 2)
            #expect(refused.exitCode == 73)
            #expect(refused.messages.count == 1 && refused.messages[0].contains("another job"))
            withExtendedLifetime(claim) {}
            claim = nil
            #expect(try Program.run("predict", scratch("ensemble"), "--out", scratch("out"), ranks: 2).exitCode == 0)
        }

        @Test func `labels may come from other files`() throws {
            let scratch = try Scratch()
            let ensemble = RandomEnsemble(runs: 5, test: 6, train: 8, classes: 3)
            try ensemble.write(to: scratch("with"))
            try ensemble.write(to: scratch("without"), labels: false)
            let with = try Program.run("predict", scratch("with"), "--format", "json")
            let without = try Program.run(
                "predict", scratch("without"), "--format", "json", "--labels", scratch("with/labels.npy"),
                "--labels-train", scratch("with/labels_train.npy"))
            func accuracy(_ text: String) throws -> NSDictionary? {
                let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
                return object?["accuracy"] as? NSDictionary
            }
            #expect(try accuracy(with.output) != nil)
            #expect(try accuracy(with.output) == accuracy(without.output))
        }

        @Test func `a vote is chosen by leaving each training example out, the same on any number of ranks`() throws {
            let scratch = try Scratch()
            var expected: [Data] = []
            for (ranks, grid) in usually([(1, "1x1"), (3, "1x3")], inAll: [(2, "2x1"), (4, "2x2")]) {
                let outcome = try Program.run(
                    "predict", fashion, "--select", "loo", "--out", scratch("out"), "--grid", grid, ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                #expect(outcome.output.contains(" (by leave-one-out)"))
                let summary = try Results(scratch("out")).summary
                let selection = try #require(summary["selection"] as? [String: Any])
                #expect(selection["by"] as? String == "loo" && selection["accuracy"] is Double)
                let written = [
                    try Data(contentsOf: URL(fileURLWithPath: scratch("out/predictions.csv"))),
                    try JSONSerialization.data(withJSONObject: selection, options: .sortedKeys),
                ]
                if expected.isEmpty {
                    expected = written
                    let accuracy = try #require(selection["accuracy"] as? Double)
                    let rows = String(decoding: written[0], as: UTF8.self).split(separator: "\n").map {
                        $0.split(separator: ",", omittingEmptySubsequences: false)
                    }
                    let (label, selected) = try (
                        #require(rows[0].firstIndex(of: "label")), #require(rows[0].firstIndex(of: "kernel_selected"))
                    )
                    let right = rows.dropFirst().count { $0[label] == $0[selected] }
                    #expect(rows.count == 501 && Double(right) / 500 == accuracy && accuracy > 0.8)
                }
                #expect(written == expected, "grid \(grid)")
            }
        }

        @Test func `ranks without training examples take part`() throws {
            let scratch = try Scratch()
            try RandomEnsemble(runs: 5, test: 4, train: 2, classes: 3).write(to: scratch("few"))
            var expected: Data?
            for (ranks, grid) in [(nil, "1x1"), (3, "1x3"), (4, "2x2")] as [(Int?, String)] {
                let outcome = try Program.run(
                    ["predict", scratch("few"), "--select", "loo", "--scaling", "local", "--grid", grid]
                        + ["--out", scratch("out")], ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                let written = try Data(contentsOf: URL(fileURLWithPath: scratch("out/predictions.csv")))
                #expect(written == expected ?? written)
                expected = written
            }
        }

        @Test func `numpy opens every file that predict wrote`() throws {
            let scratch = try Scratch()
            let outcome = try Program.run("predict", fashion, "--out", scratch("out"), "--k-max", "21", ranks: 3)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let python = try Python.run(
                """
                import csv, json, sys
                import numpy as np
                folder = sys.argv[1]
                n, s = np.load(folder + "/neighbors.npy"), np.load(folder + "/similarities.npy", mmap_mode="r")
                assert n.dtype == np.int64 and s.dtype == np.float32 and n.shape == s.shape == (500, 21)
                assert (np.diff(s) <= 0).all() and n.min() >= 0 and n.max() < 2000
                rows = list(csv.DictReader(open(folder + "/predictions.csv")))
                right = sum(r["kernel_majority"] == r["label"] for r in rows) / len(rows)
                assert right == json.load(open(folder + "/summary.json"))["accuracy"]["kernel_majority"]["accuracy"]
                """, scratch("out"))
            #expect(python.status == 0)
        }
    }
}
