import Foundation
import Testing
import TestSupport

extension CommandLineTests {
    @Suite struct PlanTests {
        private let job = ["--runs", "20000", "--test", "10000", "--train", "50000", "--classes", "10"]

        @Test(arguments: [nil, 2] as [Int?]) func `a job is planned for any number of ranks`(ranks: Int?) throws {
            let outcome = try Program.run(
                ["plan"] + job + ["--ranks", "64", "--memory", "2GiB", "--format", "json"], ranks: ranks)
            try #require(outcome.exitCode == 0, "\(outcome.error)")
            let report = try #require(
                JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            let plan = try #require(report["plan"] as? [String: Any])
            let grid = try #require(plan["grid"] as? [String: Int])
            #expect(grid["runs"]! * grid["train"]! == 64)
            #expect(try #require(plan["memory_bytes"] as? Int) <= 2 << 30)
            let seconds = try #require(plan["seconds"] as? [String: Double])
            #expect(Set(seconds.keys).isSuperset(of: ["read", "standardize", "product", "reduce", "select", "refine"]))
            let byRanks = try #require(report["by_ranks"] as? [[String: Any]])
            #expect(byRanks.count == 13)
            #expect((1...4096).contains(try #require(report["ranks_that_help"] as? Int)))
        }

        @Test func `given rates are used instead of measured ones`() throws {
            let rates = ["--products", "1e9", "--logits", "1e9", "--bandwidth", "1e9", "--latency", "1e-6"]
            let outcome = try Program.run(["plan"] + job + rates + ["--ranks", "1", "--format", "json"])
            let report = try #require(
                JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
            let seconds = (report["plan"] as? [String: Any])?["seconds"] as? [String: Double]
            // 2 * 20000 * 10 * 10000 * 50000 operations, and what it takes to write what they give.
            #expect((2e5..<2.001e5).contains(try #require(seconds?["product"])))
        }

        @Test func `the further searches of predict are planned, too`() throws {
            func product(_ options: [String]) throws -> Double {
                let rates = ["--products", "1e9", "--logits", "1e9", "--bandwidth", "1e9", "--latency", "1e-6"]
                let job = ["--runs", "500", "--test", "10000", "--train", "20000", "--ranks", "1", "--format", "json"]
                let outcome = try Program.run(["plan"] + job + rates + options)
                let report = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
                return try #require(((report?["plan"] as? [String: Any])?["seconds"] as? [String: Double])?["product"])
            }
            let alone = try product([])
            // Of the training examples half the square, which is as many products; with scaling, once more by S.
            #expect((1.99...2.1).contains(try product(["--select", "loo"]) / alone))
            #expect((2.99...3.1).contains(try product(["--scaling", "local"]) / alone))
            // And of the training examples by S.
            #expect((3.99...4.1).contains(try product(["--scaling", "local", "--select", "loo"]) / alone))
            // Half the square of the test examples twice, a quarter of `alone` each; training with test examples, and
            // again by S.
            #expect((5.48...5.7).contains(try product(["--scaling", "local", "--joint"]) / alone))
        }

        @Test func `rates that were printed are read again, and the grid asked for is planned`() throws {
            let scratch = try Scratch()
            let shape = ["--grid", "4x2", "--memory", "1GiB", "--format", "json"]
            let given = ["--products", "1e9", "--logits", "2e9", "--bandwidth", "3e9", "--latency", "4e-6"]
            let first = try Program.run(["plan"] + job + given + shape)
            try Data(first.output.utf8).write(to: URL(fileURLWithPath: scratch("node.json")))
            let second = try Program.run(
                ["plan"] + job + ["--rates", scratch("node.json")] + shape, ranks: 2)
            #expect(first.exitCode == 0 && second.output == first.output)
            let report = try #require(
                JSONSerialization.jsonObject(with: Data(first.output.utf8)) as? [String: Any])
            #expect((report["plan"] as? [String: Any])?["grid"] as? [String: Int] == ["runs": 4, "train": 2])
        }

        @Test func `rates that are none are refused, with the file's name`() throws {
            let scratch = try Scratch()
            let text = #"{"rates": {"logits": 0, "products": 1, "exactProducts": 1, "bytes": 1, "latency": 1}}"#
            try Data(text.utf8).write(to: URL(fileURLWithPath: scratch("node.json")))
            let outcome = try Program.run(["plan"] + job + ["--rates", scratch("node.json")], ranks: 2)
            #expect(outcome.exitCode == 65 && outcome.messages.count == 1)
            #expect(outcome.error.contains("node.json: holds no rates"))
            #expect(try Program.run(["plan"] + job + ["--rates", scratch("none.json")]).exitCode == 66)
        }

        @Test func `what does not fit into the memory is not planned`() throws {
            let outcome = try Program.run(
                ["plan", "--runs", "100", "--test", "50000", "--train", "1281167", "--classes", "1000"]
                    + ["--memory", "4GiB", "--ranks", "4"])
            #expect(outcome.exitCode == 0)
            #expect(outcome.output.contains("--memory 4 GiB is too small: a rank needs at least"))
            #expect(outcome.output.contains(" at least\n") && outcome.output.contains("\n  256 "))
        }

        @Test func `the table says where more ranks stop helping`() throws {
            let outcome = try Program.run(["plan"] + job)
            #expect(outcome.exitCode == 0)
            #expect(outcome.output.contains("memory per rank") && outcome.output.contains("\n  4096 "))
            #expect(outcome.output.contains("ranks hardly help") || outcome.output.contains("4096 at least"))
        }

        @Test(arguments: [
            ["--runs", "1"], ["--bandwidth", "0"], ["--k-max", "60000"], ["--ranks", "0"],
            ["--ranks", "4", "--grid", "3x2"],
        ])
        func `sizes that cannot be are refused`(options: [String]) throws {
            let names = Set(options)
            let kept = stride(from: 0, to: job.count, by: 2).flatMap { names.contains(job[$0]) ? [] : job[$0...$0 + 1] }
            #expect(try Program.run(["plan"] + kept + options).exitCode == 64)
        }
    }
}
