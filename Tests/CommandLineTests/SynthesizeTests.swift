import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct SynthesizeTests {
        private static let names = ["labels.npy", "labels_train.npy", "logits.npy", "logits_train.npy"]

        /// 7 runs of two blocks of training examples and one of test examples.
        private func synthesize(
            _ out: String, _ options: [String] = [], ranks: Int?
        ) throws -> ParallelProcess.Outcome {
            try Program.run(
                ["synthesize", "--runs", "7", "--test", "300", "--train", "7000", "--out", out] + options, ranks: ranks)
        }

        private func contents(_ folder: String) throws -> [String: Data] {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder)
            return try Dictionary(
                uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
        }

        @Test func `the bytes depend on no number of ranks or threads, but on the seed`() throws {
            let scratch = try Scratch()
            try #require(synthesize(scratch("alone"), ["--threads", "1"], ranks: nil).exitCode == 0)
            let expected = try contents(scratch("alone"))
            #expect(expected.keys.sorted() == Self.names)
            for (ranks, threads) in usually([(1, 2), (2, 1), (3, 1)], inAll: [(2, 2), (9, 1)]) {
                let out = scratch("\(ranks)-\(threads)")
                try #require(synthesize(out, ["--threads", "\(threads)"], ranks: ranks).exitCode == 0)
                #expect(try contents(out) == expected, "\(ranks) ranks, \(threads) threads")
            }
            try #require(synthesize(scratch("other"), ["--seed", "1"], ranks: 2).exitCode == 0)
            let other = try contents(scratch("other"))
            for name in Self.names {
                #expect(other[name]?.count == expected[name]?.count && other[name] != expected[name], "\(name)")
            }
        }

        @Test func `the files are what predict reads, and look like networks that learned something`() throws {
            let scratch = try Scratch()
            let outcome = try Program.run(
                [
                    "synthesize", "--runs", "64", "--test", "200", "--train", "1000", "--classes", "5", "--format",
                    "json", "--out", scratch("made"),
                ], ranks: 2)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any] ?? [:]
            #expect(report["bytes"] as? Int == 2 * 64 * 1200 * 5)
            let expected: [String: (ElementType, [Int])] = [
                "logits.npy": (.float16, [64, 200, 5]), "logits_train.npy": (.float16, [64, 1000, 5]),
                "labels.npy": (.int32, [200]), "labels_train.npy": (.int32, [1000]),
            ]
            for (name, (elementType, shape)) in expected {
                let tensor = try #require(try ArrayFile.open(scratch("made/\(name)")).first)
                #expect(tensor.elementType == elementType && tensor.shape == shape, "\(name)")
            }
            let labels = try ArrayFile.open(scratch("made/labels_train.npy"))[0].integers()
            #expect((0..<5).allSatisfy { label in (150...250).contains(labels.count { $0 == label }) })

            try #require(
                Program.run(["predict", scratch("made"), "--out", scratch("results")], ranks: 2).exitCode == 0)
            let results = try Results(scratch("results"))
            let single = try #require(results.number("accuracy", "single_model_mean"))
            #expect((0.75...0.98).contains(single))
            #expect(try #require(results.number("accuracy", "ensemble_logits")) > single)
            let nearest = stride(from: 0, to: results.similarities.count, by: results.k).map {
                results.similarities[$0]
            }
            .sorted()
            #expect((0.2...0.5).contains(nearest[10]) && (0.75...1).contains(nearest[190]), "\(nearest)")
            #expect(Set(nearest).count == 200)
        }

        @Test(arguments: [nil, 3] as [Int?])
        func `a folder that holds an ensemble is left as it is`(ranks: Int?) throws {
            let scratch = try Scratch()
            try #require(synthesize(scratch("made"), ranks: ranks).exitCode == 0)
            let before = try contents(scratch("made"))
            let again = try synthesize(scratch("made"), ["--seed", "3"], ranks: ranks)
            #expect(again.exitCode == 64)
            #expect(again.messages.count == 1 && again.messages[0].contains("made/logits.npy"), "\(again.error)")
            #expect(try contents(scratch("made")) == before)
        }

        @Test(arguments: [
            ["--runs", "0"], ["--test", "0"], ["--train", "-4"], ["--classes", "1"], ["--classes", "65537"],
            ["--runs", "many"], ["--threads", "0"],
        ])
        func `numbers that make no ensemble are wrong usage`(options: [String]) throws {
            let scratch = try Scratch()
            let outcome = try synthesize(scratch("made"), options, ranks: nil)
            #expect(outcome.exitCode == 64)
            #expect(outcome.error.contains(options[0]), "\(outcome.error)")
            #expect(!FileManager.default.fileExists(atPath: scratch("made")))
        }

        @Test(arguments: [nil, 2] as [Int?])
        func `what no disk can hold is said at once`(ranks: Int?) throws {
            let scratch = try Scratch()
            for runs in [100_000_000_000, Int.max] {
                let outcome = try synthesize(scratch("made"), ["--runs", "\(runs)"], ranks: ranks)
                #expect(outcome.exitCode == 73)
                #expect(outcome.messages.count == 1 && outcome.messages[0].contains("made/logits"), "\(outcome.error)")
                #expect(try contents(scratch("made")).isEmpty)
            }
        }
    }
}
