import Foundation
import Testing

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
            #expect(Set(seconds.keys).isSuperset(of: ["read", "standardise", "product", "reduce", "select", "refine"]))
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
            // 2 * 20000 * 10 * 10000 * 50000 operations.
            #expect(abs(try #require(seconds?["product"]) - 2e5) < 1)
        }

        @Test func `the table says where more ranks stop helping`() throws {
            let outcome = try Program.run(["plan"] + job)
            #expect(outcome.exitCode == 0)
            #expect(outcome.output.contains("memory a rank") && outcome.output.contains("\n  4096 "))
            #expect(outcome.output.contains("ranks hardly help") || outcome.output.contains("4096 at least"))
        }

        @Test(arguments: [["--runs", "1"], ["--bandwidth", "0"], ["--k-max", "60000"], ["--ranks", "0"]])
        func `sizes that cannot be are refused`(options: [String]) throws {
            let names = Set(options)
            let kept = stride(from: 0, to: job.count, by: 2).flatMap { names.contains(job[$0]) ? [] : job[$0...$0 + 1] }
            #expect(try Program.run(["plan"] + kept + options).exitCode == 64)
        }
    }
}
