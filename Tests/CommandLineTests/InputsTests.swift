import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    /// Which runs are used, and what their numbers stand for.
    @Suite struct InputsTests {
        private let scratch: Scratch

        init() throws { scratch = try Scratch() }

        /// Runs that agree on most examples, as trained ones do.
        private static func trained(runs: Int, classes: Int = 4) -> RandomEnsemble {
            var ensemble = RandomEnsemble(runs: runs, test: 40, train: 50, classes: classes, seed: 12)
            func agreeing(_ logits: [Double], _ examples: Int) -> [Double] {
                logits.indices.map { Double(Float(logits[$0 % (examples * classes)] + logits[$0] / 4)) }
            }
            ensemble.logits = agreeing(ensemble.logits, 40)
            ensemble.trainLogits = agreeing(ensemble.trainLogits, 50)
            return ensemble
        }

        /// Some runs of an ensemble as one of its own.
        private static func selecting(_ runs: [Int], of ensemble: RandomEnsemble) -> RandomEnsemble {
            var some = RandomEnsemble(
                runs: runs.count, test: ensemble.test, train: ensemble.train, classes: ensemble.classes)
            func rows(_ logits: [Double], _ examples: Int) -> [Double] {
                let size = examples * ensemble.classes
                return runs.flatMap { logits[$0 * size..<($0 + 1) * size] }
            }
            some.logits = rows(ensemble.logits, ensemble.test)
            some.trainLogits = rows(ensemble.trainLogits, ensemble.train)
            return some
        }

        private func contents(_ name: String) throws -> Data {
            try Data(contentsOf: URL(fileURLWithPath: scratch(name)))
        }

        /// Runs a command without a warning.
        private func run(_ arguments: String..., ranks: Int? = nil) throws {
            let outcome = try Program.run(arguments, ranks: ranks)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            #expect(outcome.messages.allSatisfy { $0.contains("left idle") || $0.contains("were idle") })
        }

        @Test(arguments: [nil, 3] as [Int?])
        func `selected runs give the bytes of an ensemble of these alone`(ranks: Int?) throws {
            let all = Self.trained(runs: 9)
            try all.write(to: scratch("all/a"), runs: 0..<5)
            try all.write(to: scratch("all/b"), runs: 5..<9)
            try Self.selecting([1, 3, 4, 5, 8], of: all).write(to: scratch("some"))
            let selection = ["--runs", "1-5,8", "--leave-out", "2"]
            let folders = [("all", [scratch("all")] + selection), ("some", [scratch("some")])]
            for (name, arguments) in folders {
                for command in [["predict"], ["evaluate", "--subsets", "3"], ["sweep"]] {
                    let out = ["--out", scratch("\(command[0])-\(name)")]
                    let outcome = try Program.run(command + arguments + out, ranks: ranks)
                    try #require(outcome.exitCode == 0, "\(outcome.error)")
                }
                let kernel = ["kernel"] + arguments + ["--out", scratch("\(name).npy"), "--pairs", "train-train"]
                #expect(try Program.run(kernel, ranks: ranks).exitCode == 0)
            }
            for file in ["predict-%/neighbors.npy", "predict-%/similarities.npy", "predict-%/predictions.csv"]
                + ["evaluate-%/evaluation.csv", "sweep-%/sweep.csv", "%.npy"]
            {
                let (a, b) = (file.replacing("%", with: "all"), file.replacing("%", with: "some"))
                #expect(try contents(a) == contents(b), "\(file)")
            }
        }

        @Test(arguments: [nil, 3] as [Int?])
        func `probabilities give what the logits from which they come give`(ranks: Int?) throws {
            let logits = Self.trained(runs: 6)
            var probabilities = logits
            probabilities.elementType = .float64
            func softmax(_ logits: [Double]) -> [Double] {
                stride(from: 0, to: logits.count, by: 4)
                    .flatMap { Oracle.transformed(Array(logits[$0..<$0 + 4]), .softmax) }
            }
            probabilities.logits = softmax(logits.logits)
            probabilities.trainLogits = softmax(logits.trainLogits)
            try logits.write(to: scratch("logits"))
            try probabilities.write(to: scratch("probabilities"))
            try run("predict", scratch("logits"), "--out", scratch("a"), ranks: ranks)
            try run(
                "predict", scratch("probabilities"), "--inputs", "probabilities", "--out", scratch("b"), ranks: ranks)
            let (a, b) = (try Results(scratch("a")), try Results(scratch("b")))
            #expect(a.neighbors == b.neighbors)
            #expect(zip(a.similarities, b.similarities).allSatisfy { abs($0 - $1) < 1e-6 })
            #expect(try contents("a/predictions.csv") == contents("b/predictions.csv"))
        }

        @Test func `log-probabilities that underflowed in some runs are read as the smallest of their type`() throws {
            var logs = Self.trained(runs: 6)
            // A probability has no positive logarithm.
            logs.logits = logs.logits.map { Double(Float($0 - 30)) }
            logs.trainLogits = logs.trainLogits.map { Double(Float($0 - 30)) }
            for place in stride(from: 0, to: logs.logits.count, by: 17) { logs.logits[place] = -.infinity }
            try logs.write(to: scratch("logs"))
            for place in logs.logits.indices where logs.logits[place] == -.infinity {
                logs.logits[place] = Double(Float(-149 * log(2.0)))
            }
            try logs.write(to: scratch("replaced"))
            try run("predict", scratch("logs"), "--inputs", "log-probabilities", "--out", scratch("a"))
            try run("predict", scratch("replaced"), "--out", scratch("b"))
            #expect(try Results(scratch("a")).neighbors == Results(scratch("b")).neighbors)
        }

        @Test(arguments: [nil, 3] as [Int?])
        func `a class masked in all runs is passed over, and files are the same on any ranks`(ranks: Int?) throws {
            var masked = Self.trained(runs: 6)
            var constant = masked
            for place in masked.logits.indices where place % 4 == 3 {
                (masked.logits[place], constant.logits[place]) = (-.infinity, -1e5)
            }
            for place in masked.trainLogits.indices where place % 4 == 3 {
                (masked.trainLogits[place], constant.trainLogits[place]) = (-.infinity, -1e5)
            }
            // The classes of the first run, but for some errors: at a usual temperature, what vanishes stays so.
            let logits = masked.logits
            masked.labels = masked.labels.indices.map { example in
                example % 8 == 0 ? 0 : (0..<3).max { logits[example * 4 + $0] < logits[example * 4 + $1] }!
            }
            constant.labels = masked.labels
            try masked.write(to: scratch("masked"))
            try constant.write(to: scratch("constant"))
            for (name, ranks) in [("masked", ranks), ("constant", nil)] {
                try run("predict", scratch(name), "--transform", "raw", "--out", scratch("p-\(name)"), ranks: ranks)
                try run("evaluate", scratch(name), "--no-kernel", "--out", scratch("e-\(name)"), ranks: ranks)
            }
            // Raw logits that are constant, and probabilities that vanish: the same numbers.
            for file in ["neighbors.npy", "similarities.npy", "predictions.csv"] {
                #expect(try contents("p-masked/\(file)") == contents("p-constant/\(file)"))
            }
            #expect(try contents("e-masked/evaluation.csv") == contents("e-constant/evaluation.csv"))
            #expect(try Results(scratch("p-masked")).summary["ensemble"] != nil)
            try run("report", scratch("masked"), "--out", scratch("report.html"), ranks: ranks)
        }

        @Test(arguments: [nil, 3] as [Int?])
        func `equal runs are told, and left out on demand`(ranks: Int?) throws {
            let all = Self.trained(runs: 5)
            try Self.selecting([0, 1, 2, 1, 3, 4, 0], of: all).write(to: scratch("twice"))
            try all.write(to: scratch("once"))
            let outcome = try Program.run("predict", scratch("twice"), ranks: ranks)
            #expect(outcome.exitCode == 0)
            let told = outcome.messages.filter { $0.contains("copies of earlier") }
            #expect(
                told.count == 1
                    && told[0].contains(
                        "2 runs are copies of earlier ones (3 of 1, 6 of 0); --distinct leaves them out"),
                "\(told)")
            try run("predict", scratch("twice"), "--distinct", "--out", scratch("a"), ranks: ranks)
            try run("predict", scratch("once"), "--out", scratch("b"), ranks: ranks)
            for file in ["neighbors.npy", "similarities.npy", "predictions.csv"] {
                #expect(try contents("a/\(file)") == contents("b/\(file)"))
            }
        }

        @Test func `one logit with labels of 0 and 1 is a binary classifier for every command`() throws {
            var binary = Self.trained(runs: 6, classes: 1)
            binary.labels = binary.labels.indices.map { binary.logits[$0] > 0 ? 1 : 0 }
            binary.trainLabels = binary.trainLabels.indices.map { binary.trainLogits[$0] > 0 ? 1 : 0 }
            try binary.write(to: scratch("binary"))
            try run("predict", scratch("binary"), "--out", scratch("p"))
            let accuracy = try #require(Results(scratch("p")).number("accuracy", "ensemble_logits"))
            #expect(accuracy > 0.9 && accuracy <= 1)
            try run("evaluate", scratch("binary"))
            try run("sweep", scratch("binary"))
            try run("report", scratch("binary"), "--out", scratch("report.html"))
        }
    }
}
