import ArrayFiles
import EnsembleEvaluation
import EnsembleKernel
import EnsembleMetrics
import Ensembles
import Foundation
import KernelPrediction
import MessagePassing
import Testing
import TestSupport

@MainActor @Suite struct EvaluatorTests {
    /// What EnsembleMetricsTests/Fixtures/make_metrics.py says of the 64 real runs.
    private struct Fixture: Decodable {
        struct Row: Decodable {
            let runs, subsets: Int
            let average, measure: String
            let mean: Double
            let std: Double?
        }
        struct Evaluation: Decodable {
            let seed: UInt64
            let rows: [Row]
            let kernel: [String: Double]
        }
        let evaluation: Evaluation
        let members: [String: Double]
    }

    private func fixture() throws -> Fixture {
        try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: URL(fileURLWithPath: Fixtures.metrics)))
    }

    private func realEnsemble() throws -> Ensemble {
        try Ensemble(opening: [Fixtures.fashion])
    }

    private func evaluate(
        _ ensemble: Ensemble, against deep: Ensemble? = nil, _ change: (inout EvaluationOptions) -> Void = { _ in }
    ) throws -> Evaluation {
        var options = EvaluationOptions()
        options.search.threads = 2
        change(&options)
        let world = try SharedSession.world()
        return try Evaluator(ensemble, against: deep, options: options, world: world, searchers: world)
            .evaluate(version: "test") { _, _ in }
    }

    @Test func `the metrics of 64 real runs are those of other implementations`() throws {
        let expected = try fixture().evaluation
        let evaluation = try evaluate(realEnsemble()) { options in
            options.seed = expected.seed
            options.vote = NearestVote(.weighted(power: 4), k: 20)
        }
        #expect(evaluation.sizes.map(\.runs) == [1, 2, 5, 10, 20, 50, 64])
        let measures = Dictionary(uniqueKeysWithValues: Metrics.columns.map { ($0.name, $0.value) })
        for row in expected.rows {
            let size = try #require(evaluation.sizes.first { $0.runs == row.runs })
            #expect(size.subsets == row.subsets)
            let average =
                row.average == "logits" ? size.average_of_logits : size.average_of_probabilities
            let measure = try #require(measures[row.measure])
            #expect(abs(average.mean[keyPath: measure] - row.mean) < 1e-6, "\(row)")
            #expect((average.std == nil) == (row.std == nil))
            if let std = row.std, let own = average.std { #expect(abs(own[keyPath: measure] - std) < 1e-6, "\(row)") }
        }
        let kernel = try #require(evaluation.kernel?.last)
        #expect(kernel.runs == 64 && kernel.vote == NearestVote(.weighted(power: 4), k: 20))
        for (name, value) in expected.kernel {
            #expect(abs(kernel.measures[keyPath: try #require(measures[name])] - value) < 1e-6, "\(name)")
        }
    }

    @Test func `diversity and run variance of 64 real runs are those of other implementations`() throws {
        func numbers(_ value: some Encodable) throws -> [String: Double] {
            try JSONDecoder().decode([String: Double].self, from: JSONEncoder().encode(value))
        }
        let twelve = try evaluate(realEnsemble().selecting(runs: 0..<12)) { $0.kernel = false }
        let all = try evaluate(realEnsemble()) { $0.sizes = [1] }
        let found = try numbers(twelve.sizes.last?.diversity.mean).merging(numbers(all.run_variance)) { $1 }
        let expected = try fixture().members
        #expect(Set(found.keys) == Set(expected.keys))
        for (name, value) in expected { #expect(abs((found[name] ?? .nan) - value) < 1e-9, "\(name)") }
        #expect(abs(try #require(all.run_variance.variance) / expected["variance"]! - 1) < 1e-6)
        #expect(twelve.label_free_error == found["pairwise_disagreement"] && all.label_free_error == nil)
    }

    @Test func `little memory changes no result, and too little is refused`() throws {
        func measured(_ memory: Int) throws -> Evaluation {
            try evaluate(realEnsemble()) { options in
                options.kernel = false
                options.search.memory = memory
                options.cascade = .init(runs: 4, firstCost: 1, othersCost: 3, coverage: 0.8)
            }
        }
        #expect(try measured(3 << 20) == measured(1 << 30))
        #expect {
            try measured(1 << 19)
        } throws: {
            guard let failure = $0 as? AgreedFailure, failure.exitCode == .usage,
                case .memoryTooSmall(let available, let needed, .evaluation) = failure.cause as? KernelError
            else { return false }
            return available == 1 << 19 && needed > available
        }
    }

    @Test func `a deep ensemble is worth about as many members as it has`() throws {
        let ensemble = try realEnsemble()
        let evaluation = try evaluate(ensemble, against: ensemble) { $0.kernel = false }
        for size in evaluation.sizes {
            let equivalent = try #require(size.average_of_probabilities.deep_ensemble_equivalent)
            let low = try #require(equivalent.low)
            #expect(low <= Double(size.runs) && equivalent.high ?? .infinity >= Double(size.runs))
        }
        // The curve of the real runs rises at first; 500 examples do not tell more members apart.
        for size in evaluation.sizes.prefix(2) {
            let members = try #require(size.average_of_probabilities.deep_ensemble_equivalent?.members)
            #expect(abs(members - Double(size.runs)) < 0.01)
        }
        #expect(evaluation.against?.curve.points.map(\.members) == Array(1...20) + [25, 32, 40, 50, 63, 64])
    }

    @Test func `a single run is evaluated as an ensemble of one`() throws {
        let evaluation = try evaluate(realEnsemble().selecting(runs: 0..<1))
        #expect(evaluation.sizes.count == 1 && evaluation.kernel == nil && evaluation.label_free_error == nil)
        #expect(evaluation.sizes[0].average_of_probabilities.std == nil)
        #expect(evaluation.run_variance.variance == nil)
    }

    @Test func `chains and costs come from ensemble.json, whose mistakes are named`() throws {
        let scratch = try Scratch()
        let record = scratch("ensemble.json")
        try NPY.write([Float](repeating: 0.5, count: 6 * 4 * 2), shape: [6, 4, 2], to: scratch("logits.npy"))
        try NPY.write([0, 1, 0, 1], shape: [4], to: scratch("labels.npy"))
        func writeRecord(_ rows: [(chain: Int, cost: Double)]) throws {
            let runs = rows.map { "{\"method\": \"snapshot\", \"chain\": \($0.chain), \"cost_epochs\": \($0.cost)}" }
            try AtomicFile.write("{\"runs\": [\(runs.joined(separator: ", "))]}", to: record)
        }
        try writeRecord([(7, 10), (7, 2), (7, 2), (8, 10), (8, 2), (8, 2)])
        let evaluation = try evaluate(Ensemble(opening: [scratch.path])) { $0.sizes = [1, 2, 4, 6] }
        #expect(evaluation.ensemble.chains == 2 && evaluation.ensemble.methods == ["snapshot"])
        #expect(evaluation.sizes.map(\.cost_epochs) == [10, 12, 24, 28])
        #expect(evaluation.sizes.map(\.subsets) == [2, 2, 2, 1])

        try writeRecord([(0, 1), (0, -1), (0, 1), (0, 1), (0, 1), (0, 1)])
        func message() throws -> String? {
            try refusal((any Error).self) { try evaluate(Ensemble(opening: [scratch.path])) }.map { "\($0)" }
        }
        #expect(try message() == "\(record): runs[1].cost_epochs is not between 0 and 1e100")
        try writeRecord([(0, 1)])
        #expect(try message() == "\(record): has 1 runs, but \(scratch("logits.npy")) has 6")
        try AtomicFile.write("{\"runs\": 3}", to: record)
        #expect(try message() == "\(record): has no list of runs as train writes it")
        // Where nothing is told, every run is a chain, of unknown cost.
        try FileManager.default.removeItem(atPath: record)
        let unknown = try evaluate(Ensemble(opening: [scratch.path]))
        #expect(unknown.ensemble.chains == 6 && unknown.ensemble.methods == [] && unknown.sizes[0].cost_epochs == nil)
    }
}
