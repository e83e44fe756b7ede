import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct UnlabeledTests {
        /// An ensemble of which the labels of some test and some training examples are negative.
        private func ensemble(_ scratch: Scratch) throws -> (path: String, labels: [Int]) {
            var ensemble = RandomEnsemble(runs: 9, test: 50, train: 80, classes: 3)
            for example in stride(from: 1, to: 50, by: 5) { ensemble.labels[example] = -100 }
            for example in stride(from: 0, to: 80, by: 2) { ensemble.trainLabels[example] = -1 }
            try ensemble.write(to: scratch("ensemble"))
            return (scratch("ensemble"), ensemble.labels)
        }

        @Test(arguments: [
            (["predict", "--select", "loo"], "out", ["predictions.csv", "neighbors.npy"], "summary.json"),
            (["evaluate", "--cascade", "--cascade-runs", "4"], "out", ["evaluation.csv"], "evaluation.json"),
            (["select", "--size", "2"], "out", ["weights.csv"], "selection.json"),
            (["sweep"], "out", ["sweep.csv", "accuracy-by-runs.svg"], "sweep.json"),
            (
                ["report"], "out.html",
                ["../out.html", "suspects.csv", "targets_kernel.npy", "targets_kernel_train.npy"], "report.json"
            ),
        ])
        func `unlabeled examples are counted, and results are the same bytes on 1 and 3 ranks`(
            command: [String], out: String, files: [String], json name: String
        ) throws {
            let scratch = try Scratch()
            let (path, labels) = try ensemble(scratch)
            let folder = out == "out" ? scratch("out") : scratch("out_files")
            var expected: [Data] = []
            for ranks in [1, 3] {
                let outcome = try Program.run(command + [path, "--out", scratch(out)], ranks: ranks)
                try #require(outcome.exitCode == 0, "\(outcome.error)")
                let told = outcome.messages.filter { $0.contains("unlabeled") }
                #expect(
                    told == [
                        """
                        ensemble-kernel-mpi: unlabeled (negative labels): 10 of 50 test examples, 40 of 80 training \
                        examples; they neither vote nor count in accuracies
                        """
                    ])
                // Times of a summary differ.
                let compared = files + (name == "summary.json" ? [] : [name])
                let written = try compared.map { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")) }
                if expected.isEmpty { expected = written }
                #expect(written == expected, "\(ranks) ranks")
                let size = try json("\(folder)/\(name)")["ensemble"] as? [String: Any]
                #expect(size?["unlabeled"] as? [String: Int] == ["test": 10, "train": 40])
            }
            guard command[0] == "predict" else { return }
            let rows = String(decoding: expected[0], as: UTF8.self).split(separator: "\n").dropFirst().map {
                $0.split(separator: ",", omittingEmptySubsequences: false)
            }
            #expect(rows.map { String($0[1]) } == labels.map { $0 < 0 ? "" : "\($0)" })
            let right = rows.count { $0[1] != "" && $0[1] == $0[3] }
            let accuracy = try Results(folder).number("accuracy", "kernel_majority", "accuracy")
            #expect(accuracy == Double(right) / 40)
        }

        @Test func `labels of no example are as no labels`() throws {
            let scratch = try Scratch()
            let path = try ensemble(scratch).path
            try NPY.write([Int](repeating: -1, count: 50), shape: [50], to: "\(path)/labels.npy")
            let outcome = try Program.run("predict", path)
            #expect(outcome.exitCode == 0 && outcome.output.contains("there are no test labels"))
            #expect(outcome.messages.contains { $0.contains("50 of 50 test examples") }, "\(outcome.error)")
            let evaluation = try Program.run("evaluate", path)
            #expect(evaluation.exitCode == 65 && evaluation.error.contains("no labels for the test examples"))
        }
    }
}
