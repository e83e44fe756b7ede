import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct SelectTests {
        private static let files = ["quality-diversity.svg", "selection.csv", "selection.json", "weights.csv"]

        private func written(_ arguments: [String], ranks: Int?) throws -> (files: [Data], output: String) {
            let scratch = try Scratch()
            let outcome = try Program.run(["select"] + arguments + ["-o", scratch("out")], ranks: ranks)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let found = try FileManager.default.contentsOfDirectory(atPath: scratch("out")).sorted()
            #expect(found == Self.files)
            let contents = try Self.files.map { try Data(contentsOf: URL(fileURLWithPath: scratch("out/\($0)"))) }
            return (contents, outcome.output.replacingOccurrences(of: scratch.path, with: ""))
        }

        @Test func `every file is the same bytes on any number of ranks and threads and with any memory`() throws {
            let pool = [Fixtures.fashion, "--size", "4"]
            let expected = try written(pool + ["--threads", "1"], ranks: nil)
            let ways = usually(
                [(3, ["--threads", "2"]), (2, ["--memory", "4MiB"])], inAll: [(4, []), (7, []), (16, ["-j", "1"])])
            for (ranks, more) in ways as [(Int, [String])] {
                let found = try written(pool + more, ranks: ranks)
                #expect(found == expected, "\(ranks) ranks")
            }
            let other = try written(pool + ["--seed", "1", "--cohesion", "-0.5"], ranks: nil)
            #expect(other.files[1] != expected.files[1])

            let json = try JSONSerialization.jsonObject(with: expected.files[2]) as? [String: Any]
            #expect(json?["command"] as? String == "select" && json?["size"] as? Int == 4)
            let choices = try #require(json?["choices"] as? [[String: Any]])
            #expect(
                choices.map { $0["method"] as? String } == [
                    "random", "best", "greedy", "cohesive", "stacking", "bayes", "all",
                ])
            #expect(choices.map { $0["runs"] as? Int }[..<4] == [4, 4, 4, 4] && choices[6]["runs"] as? Int == 64)
            for choice in choices { #expect((choice["halves"] as? [Any])?.count == 10) }
            let table = String(decoding: expected.files[1], as: UTF8.self).split(separator: "\n")
            #expect(table.count == 8 && table[0].hasPrefix("method,runs,error,error_std,"))
            let weights = String(decoding: expected.files[3], as: UTF8.self).split(separator: "\n").map {
                $0.split(separator: ",").map(String.init)
            }
            #expect(
                weights.count == 65 && weights[0] == ["run", "best", "greedy", "cohesive", "stacking", "bayes", "all"])
            for column in 1..<7 {
                let sum = weights.dropFirst().reduce(0) { $0 + (Double($1[column]) ?? .nan) }
                #expect(abs(sum - 1) < 1e-9, "\(weights[0][column])")
            }
            let svg = String(decoding: expected.files[0], as: UTF8.self)
            #expect(svg.hasPrefix("<svg") && !svg.contains(/[ ",-](nan|inf)[ ",]/))
        }

        @Test(arguments: [1, 3]) func `what is printed can be given to other commands`(size: Int) throws {
            let pool = [Fixtures.fashion, "--leave-out", "0-9,20"]
            let outcome = try Program.run(["select", "--size", "\(size)"] + pool, ranks: 2)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let line = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("greedy: ") })
            let runs = String(line.dropFirst("greedy: --runs ".count))
            let evaluated = try Program.run(
                "evaluate", Fixtures.fashion, "--runs", runs, "--no-kernel", "--sizes", "\(size)", "--format", "json")
            try #require(evaluated.exitCode == 0, "\(evaluated.error)")
            #expect(evaluated.output.contains("\"runs\" : \(size)"))
            // The numbers are those of the files, and none of those that were left out.
            let numbers = runs.split(whereSeparator: { ",-".contains($0) }).compactMap { Int($0) }
            #expect(numbers.allSatisfy { $0 >= 10 && $0 != 20 }, "\(runs)")
        }

        @Test func `runs that are all the same are all as good`() throws {
            let scratch = try Scratch()
            var pool = RandomEnsemble(runs: 3, test: 20, train: 2, classes: 2)
            pool.logits = (0..<3).flatMap { _ in pool.logits.prefix(40) }
            try pool.write(to: scratch("pool"))
            let found = try written([scratch("pool"), "--size", "2"], ranks: 3)
            let svg = String(decoding: found.files[0], as: UTF8.self)
            #expect(!svg.contains(/[ ",-](nan|inf)[ ",]/))
            #expect(found.output.contains("greedy: --runs 0-1") && found.output.contains("cohesive: --runs 0-1"))
        }

        private static let damages = [
            BadInputTests.Damage.options("--size", "5", mentions: "--size 5", "the 4 runs"),
            .options("--size", "0", mentions: "--size 0", "at least 1"),
            .options("--cohesion", "nan", mentions: "--cohesion"),
            .options("--memory", "1", mentions: "--memory 1", "at least"),
            BadInputTests.Damage("one labeled example", 65, "1 example", "two halves") { folder in
                try RandomEnsemble(runs: 4, test: 1, train: 8, classes: 3).write(to: folder)
                return [folder]
            },
            BadInputTests.Damage("no labels", 65, "no labels for the test examples") { folder in
                try RandomEnsemble(runs: 4, test: 6, train: 8, classes: 3).write(to: folder, labels: false)
                return [folder]
            },
            .ensemble("NaN", "1 of 4 runs", "logits.npy[2, 1, 0]") { $0.logits[2 * 18 + 3] = .nan },
        ]

        @Test(arguments: damages) func `a bad pool or option is refused`(_ damage: BadInputTests.Damage) throws {
            try damage.expectRefusal(by: "select", ranks: nil)
            try damage.expectRefusal(by: "select", ranks: 2)
        }
    }
}
