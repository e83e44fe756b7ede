import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct ApplyTests {
        private static let small = [
            "--runs", "5", "--train-examples", "300", "--test-examples", "100", "--hidden", "8", "--epochs", "1",
        ]

        private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

        @Test func `networks meet the classes that they have not seen, the same on any ranks`() throws {
            let scratch = try Scratch()
            let trained = try Program.run(
                ["train", "--out", scratch("own"), "--leave-out-classes", "9,8", "--keep-weights"] + Self.small,
                ranks: 3)
            try #require(trained.exitCode == 0, "\(trained.error)")
            let record = try String(contentsOfFile: scratch("own/ensemble.json"), encoding: .utf8)
            #expect(record.contains("Sneaker") && !record.contains("Ankle boot"))
            for (ranks, more) in [(nil, []), (2, ["--threads", "2"]), (7, [])] as [(Int?, [String])] {
                let out = scratch("others-\(ranks ?? 1)")
                let outcome = try Program.run(
                    ["apply", scratch("own"), "--classes", "8,9", "--out", out] + more, ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                #expect(outcome.output.contains("5 runs applied to 2,000 images"), "\(outcome.output)")
                #expect(try bytes("\(out)/logits.npy") == bytes(scratch("others-1/logits.npy")))
                let files = try FileManager.default.contentsOfDirectory(atPath: out).sorted()
                #expect(files == ["ensemble.json", "images.npy", "logits.npy"])
            }
            let outcome = try Program.run(
                ["evaluate", scratch("own"), "--ood", scratch("others-1"), "--sizes", "5"], ranks: 2)
            #expect(outcome.exitCode == 0 && outcome.output.contains("mutual information"), "\(outcome.error)")
        }

        @Test func `networks on the line between two runs are the same on any ranks`() throws {
            let scratch = try Scratch()
            let trained = try Program.run(
                ["train", "--method", "snapshot", "--samples", "5", "--out", scratch("own"), "--keep-weights"]
                    + Self.small, ranks: 2)
            try #require(trained.exitCode == 0, "\(trained.error)")
            for ranks in [nil, 3] as [Int?] {
                let out = scratch("line-\(ranks ?? 1)")
                let outcome = try Program.run(
                    [
                        "apply", scratch("own"), "--interpolate", "4,0", "--points", "4", "--split", "train", "--out",
                        out,
                    ], ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                let lines = outcome.output.split(separator: "\n")
                #expect(lines[0].contains("position  error %") && lines[2].contains("0.333"), "\(outcome.output)")
                #expect(try bytes("\(out)/logits.npy") == bytes(scratch("line-1/logits.npy")))
                let svg = try String(contentsOfFile: "\(out)/interpolation.svg", encoding: .utf8)
                #expect(svg.hasPrefix("<svg") && svg.contains("Networks between runs 4 and 0"))
            }
            let record = try JSONSerialization.jsonObject(with: bytes(scratch("line-1/ensemble.json")))
            let rows = try #require((record as? [String: Any])?["runs"] as? [[String: Any]])
            #expect(rows.map { $0["position"] as? Double } == [0, 1 / 3, 2 / 3, 1])
            for (options, message) in [
                (["--interpolate", "0,5"], "--interpolate must be numbers of runs from 0 to 4, not 5"),
                (["--interpolate", "2,2"], "two different runs"), (["--interpolate", "2"], "--interpolate"),
                (["--points", "3"], "--points requires --interpolate"),
            ] {
                let outcome = try Program.run(["apply", scratch("own"), "-o", scratch("no")] + options, ranks: nil)
                #expect(outcome.exitCode == 64 && outcome.error.contains(message), "\(outcome.error)")
            }
        }

        @Test func `images of one's own are a test set`() throws {
            let scratch = try Scratch()
            let trained = try Program.run(
                ["train", "--out", scratch("own"), "--keep-weights"] + Self.small, ranks: nil)
            try #require(trained.exitCode == 0, "\(trained.error)")
            let python = try Python.run(
                """
                import sys
                import numpy as np
                images = np.load(f"{sys.argv[1]}/own/images.npy")
                noisy = np.clip(images / 255 + np.random.default_rng(0).normal(0, 0.3, images.shape), 0, 1)
                np.save(f"{sys.argv[1]}/noisy.npy", noisy[:, None].astype(np.float32))
                np.save(f"{sys.argv[1]}/bytes.npy", np.round(noisy.astype(np.float32) * 255.0).astype(np.uint8))
                """, scratch.path)
            try #require(python.status == 0)
            for name in ["noisy", "bytes"] {
                let outcome = try Program.run(
                    [
                        "apply", scratch("own"), "--images", scratch("\(name).npy"), "--labels",
                        scratch("own/labels.npy"), "-o", scratch(name),
                    ], ranks: 2)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
            }
            #expect(try bytes(scratch("noisy/logits.npy")) == bytes(scratch("bytes/logits.npy")))
            #expect(try bytes(scratch("noisy/logits.npy")) != bytes(scratch("own/logits.npy")))
            let outcome = try Program.run(
                ["evaluate", scratch("own"), "--test", scratch("noisy"), "--sizes", "5"], ranks: nil)
            #expect(outcome.exitCode == 0 && outcome.output.contains("test set"), "\(outcome.error)")
        }

        /// What is said of options and files, in the folder of a training whose weights were kept.
        @Test func `other images and folders are refused by name`() throws {
            let scratch = try Scratch()
            for (name, more) in [("own", ["--keep-weights"]), ("plain", [])] {
                let trained = try Program.run(["train", "--out", scratch(name)] + Self.small + more, ranks: nil)
                try #require(trained.exitCode == 0, "\(trained.error)")
            }
            try NPY.write([UInt8](repeating: 7, count: 2 * 28 * 27), shape: [2, 28, 27], to: scratch("narrow.npy"))
            try NPY.write([UInt8](repeating: 7, count: 2 * 28 * 28), shape: [2, 28, 28], to: scratch("two.npy"))
            var numbers = [Float](repeating: 0.5, count: 2 * 28 * 28)
            numbers[28 * 28 + 5] = 1.5
            try NPY.write(numbers, shape: [2, 28, 28], to: scratch("noisy.npy"))
            numbers[3] = .nan
            try NPY.write(numbers, shape: [2, 28, 28], to: scratch("nan.npy"))
            try NPY.write([UInt8](), shape: [0, 28, 28], to: scratch("none.npy"))
            try NPY.write([3, 10] as [Int64], shape: [2], to: scratch("ten.npy"))
            let python = try Python.run(
                """
                import sys
                import numpy as np
                images = np.zeros((2, 28, 28), np.uint8)
                np.savez(sys.argv[1], images=images, others=images)
                """, scratch("both.npz"))
            try #require(python.status == 0)
            let (images, labels) = (scratch("two.npy"), scratch("own/labels.npy"))
            let cases: [(arguments: [String], exitCode: Int32, mentions: [String])] = [
                ([scratch("plain")], 66, ["plain", "--keep-weights"]),
                ([scratch("missing")], 66, ["missing/ensemble.json", "--keep-weights"]),
                ([scratch("own"), "--images", scratch("narrow.npy")], 65, ["narrow.npy", "[28, 27]", "[28, 28]"]),
                ([scratch("own"), "--images", labels], 65, ["labels.npy", "images"]),
                ([scratch("own"), "--images", images, "--labels", labels], 65, ["[100]", "2 images"]),
                ([scratch("own"), "--images", scratch("noisy.npy")], 65, ["noisy.npy", "1.5", "image 1", "0 to 1"]),
                ([scratch("own"), "--images", scratch("nan.npy")], 65, ["nan.npy", "nan", "image 0"]),
                ([scratch("own"), "--images", scratch("none.npy")], 65, ["none.npy", "no images"]),
                ([scratch("own"), "--images", images, "--labels", scratch("ten.npy")], 65, ["ten.npy", "[1] is 10"]),
                ([scratch("own"), "--images", images, "--classes", "1"], 64, ["--classes", "--images"]),
                ([scratch("own"), "--images", images, "--split", "test"], 64, ["--split", "--images"]),
                ([scratch("own"), "--seed", "1"], 64, ["--seed", "--shift"]),
                ([scratch("own"), "--shift", "9000000000000000000"], 64, ["--shift", "1,000,000"]),
                ([scratch("own"), "--images", images, "--dataset", "fashion-mnist"], 64, ["--images", "--dataset"]),
                ([scratch("own"), "--images", images, "--shift", "1"], 64, ["--shift"]),
                ([scratch("own"), "--labels", labels], 64, ["--labels", "--images"]),
                ([scratch("own"), "--classes", "8,10"], 64, ["fashion-mnist", "0 to 9", "not 10"]),
                ([scratch("own"), "--images", scratch("both.npz")], 65, ["both.npz", "2 arrays", "images", "others"]),
                ([scratch("own"), "--shift", "-1"], 64, ["--shift"]),
            ]
            for (arguments, exitCode, mentions) in cases {
                for ranks in [nil, 2] as [Int?] {
                    let outcome = try Program.run(["apply"] + arguments + ["-o", scratch("out")], ranks: ranks)
                    #expect(outcome.exitCode == exitCode && outcome.messages.count == 1, "\(outcome.error)")
                    for text in mentions { #expect(outcome.messages.first?.contains(text) == true, "\(outcome.error)") }
                    #expect(!FileManager.default.fileExists(atPath: scratch("out/logits.npy")))
                    #expect(!FileManager.default.fileExists(atPath: scratch("out/logits.npy.partial")))
                }
            }
            let onto = try Program.run("apply", scratch("own"), "-o", scratch("own"), ranks: nil)
            #expect(onto.exitCode == 64 && onto.messages[0].contains("own/logits.npy: exists already"))
        }
    }
}
