import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct SweepTests {
        private let fashion = Fixtures.fashion

        @Test func `tables and pictures are the same bytes on any number of ranks`() throws {
            let scratch = try Scratch()
            let files = [
                "sweep.json", "sweep.csv", "accuracy-by-runs.svg", "accuracy-by-k.svg", "accuracy-by-transform.svg",
                "hubness.svg", "accuracy-by-class.svg", "accuracy-of-classes.svg",
            ]
            var expected: [Data] = []
            for ranks in [nil, 2, 3] as [Int?] {
                let outcome = try Program.run(
                    "sweep", fashion, "--sizes", "16,64", "--windows", "2", "--classes", "0,7", "--classes-by-runs",
                    "--transform", "log-softmax,raw,minus-max", "--scaling", "local", "--out", scratch("out"),
                    ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                #expect(Set(try FileManager.default.contentsOfDirectory(atPath: scratch("out"))) == Set(files))
                let written = try files.map { try Data(contentsOf: URL(fileURLWithPath: scratch("out/\($0)"))) }
                if expected.isEmpty { expected = written }
                #expect(written == expected)
                #expect(outcome.output.contains("split-half correlation of similarities: 0."))
            }
            // 3 windows of 3 predictors; by 3 transforms the kernels of 3 windows, and of 2 classes of 2 windows; 6
            // votes of 13 numbers of neighbors. Of 3 windows 2 votes of the scaled kernel.
            let lines = String(decoding: expected[1], as: UTF8.self).split(separator: "\n")
            #expect(lines.count == 1 + 3 * 3 + 3 * (3 + 2 * 2) * 6 * 13 + 3 * 2)
            #expect(Set(lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }) == [8])
            #expect(String(decoding: expected[2], as: UTF8.self).contains("ensemble, probabilities"))
            let averages = try #require(json(scratch("out/sweep.json"))["averages"] as? [[String: Any]])
            let reference = try json("\(fashion)/expected.json")
            for name in ["ensemble_logits", "ensemble_probabilities"] {
                #expect(averages.last?[name] as? Double == reference[name] as? Double, "\(name)")
                #expect(reference[name] is Double)
            }
        }

        @Test(arguments: [
            (["--sizes", "65"], "--sizes 65"), (["--sizes", "8,,"], "sizes"), (["--windows", "0"], "--windows 0"),
            (["--classes", "10"], "--classes 10"), (["--transform", "raw,sofmax"], "--transform"),
        ])
        func `what cannot be swept is refused in one line`(options: [String], mention: String) throws {
            let outcome = try Program.run(["sweep", fashion] + options)
            #expect(outcome.exitCode == 64 && outcome.output == "")
            #expect(outcome.error.contains(mention), "\(outcome.error)")
        }
    }
}
