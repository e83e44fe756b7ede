import ArrayFiles
import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    /// Bad input ends with one clear line and its exit code, on one rank and on several. Every kind is tried without
    /// `mpirun`; under it, unless all is tested, one kind for each place where ranks agree on an error.
    @Suite struct BadInputTests {
        /// One way to damage a good ensemble, and what the program should say of it.
        struct Damage: Sendable, CustomTestStringConvertible {
            let testDescription: String
            let exitCode: Int32
            let mentions: [String]
            let arguments: @Sendable (_ folder: String) throws -> [String]

            init(
                _ description: String, _ exitCode: Int32, _ mentions: String...,
                arguments: @escaping @Sendable (String) throws -> [String]
            ) {
                self.init(description, exitCode, mentions, arguments)
            }

            /// Damage done to the small ensemble before it is written.
            static func ensemble(
                _ description: String, _ mentions: String..., runs: Int = 4,
                change: @escaping @Sendable (inout RandomEnsemble) -> Void
            ) -> Damage {
                Damage(description, 65, mentions) { folder in
                    var ensemble = RandomEnsemble(runs: runs, test: 6, train: 8, classes: 3)
                    change(&ensemble)
                    try ensemble.write(to: folder)
                    return [folder]
                }
            }

            /// A good ensemble, wrong options.
            static func options(_ options: String..., mentions: String...) -> Damage {
                Damage(options.joined(separator: " "), 64, mentions) { folder in
                    try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                    return [folder] + options
                }
            }

            /// Runs a command on the damaged ensemble: it says one line, and nothing on standard output.
            func expectRefusal(by command: String, ranks: Int?) throws {
                let scratch = try Scratch()
                let outcome = try Program.run([command] + arguments(scratch("ensemble")), ranks: ranks)
                #expect(outcome.exitCode == exitCode, "\(outcome.error)")
                #expect(outcome.output == "")
                #expect(outcome.messages.count == 1, "\(outcome.error)")
                for text in mentions {
                    #expect(outcome.messages.first?.contains(text) == true, "\(outcome.messages), wants \(text)")
                }
            }

            init(
                _ description: String, _ exitCode: Int32, _ mentions: [String],
                _ arguments: @escaping @Sendable (String) throws -> [String]
            ) {
                testDescription = description
                self.exitCode = exitCode
                self.mentions = mentions
                self.arguments = arguments
            }
        }

        static let damages: [Damage] = [
            Damage("missing file", 66, "nowhere", "no such") { ["\($0)/nowhere"] },
            Damage("empty directory", 66, "logits") { folder in
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                return [folder]
            },
            .ensemble("NaN in a test logit", "1 of 4 runs", "2 (", "logits.npy[2, 4, 1]", "--leave-out 2 ") {
                $0.logits[2 * 18 + 4 * 3 + 1] = .nan
            },
            .ensemble("infinity in a train logit", "logits_train.npy[3, 7, 2]", "--leave-out 3 ") {
                $0.trainLogits[3 * 24 + 7 * 3 + 2] = .infinity
            },
            .ensemble("-infinity in one run", "logits_train.npy[3, 7, 2]", "run 3", "--inputs log-probabilities") {
                $0.trainLogits[3 * 24 + 7 * 3 + 2] = -.infinity
            },
            .ensemble("NaN in the first run", "logits_train.npy[0, 0, 0]") { $0.trainLogits[0] = .nan },
            .ensemble("runs of both sets", "3 of 4 runs", "0 (", "logits_train.npy[3, 0, 1]", "--leave-out 0,1,3 ") {
                $0.logits[1 * 18 + 17] = .nan
                $0.trainLogits[0] = .infinity
                $0.trainLogits[3 * 24 + 1] = .nan
            },
            .ensemble("NaN in all runs", "all 4 runs are not finite") { ensemble in
                for run in 0..<4 { ensemble.logits[run * 18 + 5] = .nan }
            },
            .ensemble("probabilities", "logits.npy", "--inputs probabilities") { ensemble in
                ensemble.logits = Self.softmax(ensemble.logits, classes: 3)
                ensemble.trainLogits = Self.softmax(ensemble.trainLogits, classes: 3)
            },
            Damage("logits for probabilities", 65, "logits", "not a probability", "--inputs probabilities") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                return [folder, "--inputs", "probabilities"]
            },
            .ensemble("one run", "1 run", runs: 1) { _ in },
            .ensemble("too few labels", "labels.npy", "5", "6") { $0.labels.removeLast() },
            .ensemble("too many training labels", "labels_train.npy", "9", "8") { $0.trainLabels.append(0) },
            .ensemble("a label that is no class", "labels_train[3] is 3", "0 to 2") { $0.trainLabels[3] = 3 },
            Damage("parts that disagree on T", 65, "7 examples", "6") { try disagreeing($0, test: 7) },
            Damage("parts that disagree on N", 65, "logits_train", "9 examples", "8") { try disagreeing($0, train: 9) },
            Damage("parts that disagree on C", 65, "4 classes", "3") { try disagreeing($0, classes: 4) },
            Damage("no training logits", 65, "no logits of the training examples") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                try FileManager.default.removeItem(atPath: "\(folder)/logits_train.npy")
                return [folder]
            },
            Damage("no training labels to choose a vote by", 65, "no labels for the training examples") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder, labels: false)
                return [folder, "--select", "loo"]
            },
            Damage("no training labels for the product", 65, "no labels for the training examples", "product") {
                folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder, labels: false)
                return [folder, "--combine"]
            },
            Damage("a header of 2^60 elements", 65, "logits.npy") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                try npy(header: "{'descr': '<f4', 'fortran_order': False, 'shape': (1048576, 1048576, 1048576), }")
                    .write(to: URL(fileURLWithPath: "\(folder)/logits.npy"))
                return [folder]
            },
            Damage("an object array", 65, "logits.npy", "object") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                try npy(header: "{'descr': '|O', 'fortran_order': False, 'shape': (4, 6, 3), }")
                    .write(to: URL(fileURLWithPath: "\(folder)/logits.npy"))
                return [folder]
            },
            Damage("a truncated .npy", 65, "logits_train.npy") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                try truncate("\(folder)/logits_train.npy", toQuarter: 3)
                return [folder]
            },
            Damage("a truncated .pt", 65, "log.pt") { folder in
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                try FileManager.default.copyItem(
                    atPath: "\(Fixtures.shards)/job0/log.pt", toPath: "\(folder)/log.pt")
                try truncate("\(folder)/log.pt", toQuarter: 2)
                return ["\(folder)/log.pt"]
            },
            .options("--k", "0", mentions: "--k 0"),
            .options("--k", "9", mentions: "--k 9", "8"),
            .options("--weighted-k", "9", mentions: "--weighted-k 9"),
            .options("--power", "401", mentions: "--power 401.0: must be between 0 and 400"),
            .options("--k-max", "9", mentions: "--k-max 9"),
            .options("--k-max", "2", "--k", "3", mentions: "--k 3", "--k-max 2"),
            .options("--runs", "5", mentions: "--runs 5"),
            .options("--runs", "0", mentions: "--runs 0"),
            .options("--runs", "2-4", mentions: "--runs 4", "0 to 3"),
            .options("--runs", "2-1", mentions: "--runs"),
            .options("--leave-out", "1,4", mentions: "--leave-out 4", "0 to 3"),
            .options("--leave-out", "0-3", mentions: "--leave-out"),
            .options("--leave-out", "0-99999999999999999999", mentions: "--leave-out"),
            .options("--inputs", "odds", mentions: "--inputs"),
            .options("--grid", "5x5", mentions: "5x5", "25"),
            Damage("an output folder that cannot be made", 73, "out") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder)
                try Data().write(to: URL(fileURLWithPath: "\(folder)/out"))
                return [folder, "--out", "\(folder)/out/below"]
            },
        ]

        @Test(arguments: damages)
        func `has one line and its exit code`(damage: Damage) throws {
            try damage.expectRefusal(by: "predict", ranks: nil)
        }

        @Test(
            arguments: damages.tried {
                [
                    "missing file", "NaN in a test logit", "runs of both sets", "-infinity in one run", "probabilities",
                    "parts that disagree on C", "a truncated .npy", "--grid 5x5",
                    "an output folder that cannot be made",
                ].contains($0.testDescription)
            })
        func `several ranks say it once`(damage: Damage) throws {
            try damage.expectRefusal(by: "predict", ranks: 3)
        }

        /// Which quarter of which file is the last.
        private static let cuts = ["log.pt", "stored.npz", "deflated.npz", "tensors.safetensors", "grid_f4.npy"]
            .enumerated().flatMap { number, file in
                (0...3).map { quarter in (file: file, quarter: quarter, isAlways: quarter == number % 4) }
            }

        /// ArrayFilesTests has every quarter of every format.
        @Test(arguments: cuts.tried(\.isAlways).map { ($0.file, $0.quarter) })
        func `a file cut short at any quarter is named`(file: String, quarter: Int) throws {
            let scratch = try Scratch()
            let whole =
                file == "log.pt"
                ? "\(Fixtures.shards)/job0/log.pt"
                : Fixtures.arrayFile(file)
            try FileManager.default.copyItem(atPath: whole, toPath: scratch(file))
            try Self.truncate(scratch(file), toQuarter: quarter)
            for ranks in usually([nil], inAll: [3]) as [Int?] {
                let outcome = try Program.run("predict", scratch(file), ranks: ranks)
                #expect(outcome.exitCode == 65, "\(outcome.error)")
                #expect(outcome.messages.count == 1 && outcome.messages[0].contains(file), "\(outcome.error)")
            }
        }

        @Test(arguments: [nil, 3] as [Int?])
        func `a .pt that calls os.system is refused by that name, and nothing is run`(ranks: Int?) throws {
            let scratch = try Scratch()
            let python = try Python.run(
                """
                import os, pickle, sys, zipfile
                class Call:
                    def __reduce__(self): return os.system, ("touch " + sys.argv[2],)
                with zipfile.ZipFile(sys.argv[1], "w") as archive:
                    archive.writestr("log/data.pkl", pickle.dumps({"logits": Call()}, 2).replace(b"posix", b"os"))
                """, scratch("log.pt"), scratch("was-run"))
            try #require(python.status == 0)
            let outcome = try Program.run("predict", scratch("log.pt"), ranks: ranks)
            #expect(outcome.exitCode == 65)
            #expect(outcome.messages.count == 1 && outcome.messages[0].contains("os.system"), "\(outcome.error)")
            #expect(!FileManager.default.fileExists(atPath: scratch("was-run")))
        }

        /// Two parts, the second of other sizes where given.
        private static func disagreeing(
            _ folder: String, test: Int = 6, train: Int = 8, classes: Int = 3
        ) throws -> [String] {
            try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: "\(folder)/a", labels: false)
            try RandomEnsemble(runs: 4, test: test, train: train, classes: classes)
                .write(to: "\(folder)/b", labels: false)
            return ["\(folder)/a", "\(folder)/b"]
        }

        /// The class probabilities of rows of logits.
        private static func softmax(_ logits: [Double], classes: Int) -> [Double] {
            stride(from: 0, to: logits.count, by: classes)
                .flatMap { Oracle.transformed(Array(logits[$0..<$0 + classes]), .softmax) }
        }

        private static func npy(header: String) -> Data {
            var text = header
            while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
            text += "\n"
            let count = UInt16(text.utf8.count)
            return Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, UInt8(count & 255), UInt8(count >> 8)])
                + Data(text.utf8) + Data(count: 64)
        }

        private static func truncate(_ path: String, toQuarter quarter: Int) throws {
            let url = URL(fileURLWithPath: path)
            let data = try Data(contentsOf: url)
            try data.prefix(data.count * quarter / 4).write(to: url)
        }
    }
}
