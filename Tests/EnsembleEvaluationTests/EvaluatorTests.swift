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

    @Test(arguments: [nil, 3] as [Int?])
    func `the kernel's vote, and its product with the average, are those of plain loops`(scaling: Int?) throws {
        let size = (runs: 6, test: 40, train: 30, classes: 4)
        let ensemble = RandomEnsemble(runs: size.runs, test: size.test, train: size.train, classes: size.classes)
        let vote = NearestVote(scaling == nil ? .weighted(power: 2) : .local(power: 2), k: 5)
        let found = try evaluate(ensemble.opened(in: Scratch())) { options in
            (options.sizes, options.scaling, options.vote) = ([size.runs], scaling, vote)
        }
        let kernel = try #require(found.kernel?.first)
        #expect(kernel.vote == vote && found.scaling?.k == scaling)
        let similarities =
            scaling.map { Oracle.locallyScaled(ensemble, .logSoftmax, nearest: $0).testTrain }
            ?? Oracle.kernel(of: ensemble, .logSoftmax)
        var (errors, losses) = ([0.0, 0.0], [0.0, 0.0])
        for example in 0..<size.test {
            let nearest = Oracle.order(similarities[example]).prefix(5)
            let weights = nearest.map { place in
                let s = similarities[example][place]
                return scaling == nil ? s * s : max(0, 1 + s) * max(0, 1 + s)
            }
            // One more neighbor, of mean weight, is divided among the classes.
            let mean = weights.reduce(0, +) / 5
            var votes = [Double](repeating: mean / Double(size.classes), count: size.classes)
            for (place, weight) in zip(nearest, weights) { votes[ensemble.trainLabels[place]] += weight }
            votes = votes.map { $0 / votes.reduce(0, +) }
            var average = [Double](repeating: 0, count: size.classes)
            for run in 0..<size.runs {
                let first = (run * size.test + example) * size.classes
                let row = Oracle.transformed(Array(ensemble.logits[first..<first + size.classes]), .softmax)
                for c in row.indices { average[c] += row[c] / Double(size.runs) }
            }
            let product = zip(votes, average).map { $0 * $1 }
            for (place, p) in [votes, product].enumerated() {
                errors[place] += Oracle.order(p)[0] == ensemble.labels[example] ? 0 : 1 / Double(size.test)
                losses[place] -= log(p[ensemble.labels[example]] / p.reduce(0, +)) / Double(size.test)
            }
        }
        for (place, metrics) in [kernel.measures, kernel.product.measures].enumerated() {
            #expect(abs(metrics.error - errors[place]) < 1e-12)
            #expect(abs(metrics.negativeLogLikelihood - losses[place]) < 1e-6)
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
                options.cascade = .init(
                    stages: [.init(runs: 1, cost: 1), .init(runs: 4, cost: 3)], target: .coverage(0.8))
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

    @Test func `unlabeled examples count in no metric`() throws {
        var ensemble = RandomEnsemble(runs: 6, test: 70, train: 50, classes: 4, seed: 3)
        for example in 0..<70 where example % 4 == 1 || example > 60 { ensemble.labels[example] = -1 }
        for example in stride(from: 0, to: 50, by: 3) { ensemble.trainLabels[example] = -1 }
        let labeled = (0..<70).filter { ensemble.labels[$0] >= 0 }
        func measured(_ ensemble: RandomEnsemble, against deep: RandomEnsemble) throws -> Evaluation {
            let (scratch, other) = try (Scratch(), Scratch())
            return try evaluate(ensemble.opened(in: scratch), against: deep.opened(in: other)) { options in
                options.vote = NearestVote(.weighted(power: 2), k: 9)
                options.cascade = .init(
                    stages: [.init(runs: 1, cost: 1), .init(runs: 4, cost: 3)], target: .coverage(0.8))
            }
        }
        // The other ensemble has labels of its own, which are those of the same examples.
        var deep = ensemble
        deep.labels = (0..<70).map { $0 == labeled[2] ? -1 : $0 % 4 }
        var found = try measured(ensemble, against: deep)
        #expect(found.ensemble.unlabeled?.test == 70 - labeled.count && found.ensemble.unlabeled?.train == 17)
        #expect(found.against?.pool.unlabeled == found.ensemble.unlabeled)

        // By plain loops: the average of the probabilities of all runs.
        let metrics = try #require(found.sizes.last).average_of_probabilities.mean
        var (wrong, loss, brier) = (0.0, 0.0, 0.0)
        for example in labeled {
            var mean = [Double](repeating: 0, count: 4)
            for run in 0..<6 {
                let first = (run * 70 + example) * 4
                let row = Oracle.transformed(Array(ensemble.logits[first..<first + 4]), .softmax)
                for c in 0..<4 { mean[c] += row[c] / 6 }
            }
            let label = ensemble.labels[example]
            wrong += Oracle.order(mean)[0] == label ? 0 : 1
            loss -= log(mean[label])
            for c in 0..<4 { brier += (mean[c] - (c == label ? 1 : 0)) * (mean[c] - (c == label ? 1 : 0)) }
        }
        let count = Double(labeled.count)
        #expect(abs(metrics.error - wrong / count) < 1e-12 && abs(metrics.brier - brier / count) < 1e-12)
        #expect(abs(metrics.negativeLogLikelihood - loss / count) < 1e-12)

        // Everything else: as if the ensemble had no other examples than the labeled ones.
        var expected = try measured(ensemble.keeping(test: labeled), against: ensemble.keeping(test: labeled))
        for path in [\Evaluation.ensemble, \Evaluation.against!.pool] {
            found[keyPath: path].sources = []
            expected[keyPath: path].sources = []
            #expect(found[keyPath: path].test == 70)
            found[keyPath: path].test = labeled.count
            found[keyPath: path].unlabeled = expected[keyPath: path].unlabeled
        }
        #expect(found == expected && found.kernel != nil && found.cascade != nil)

        // Labels that differ are those of other examples.
        deep.labels[labeled[5]] = (deep.labels[labeled[5]] + 1) % 4
        let message = try refusal(AgreedFailure.self) { try measured(ensemble, against: deep) }?.description
        #expect(message?.contains("test example \(labeled[5]) has label") == true)
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

        // 9 is too little for a run; of 13 a fourth run's 14 would be too many.
        let pool = try Ensemble(opening: [scratch.path])
        let compared = try evaluate(pool, against: pool) { $0.budgets = [9, 10, 13, 14, 23.9, 24, 100] }
        let budgets = try #require(compared.budgets)
        #expect(budgets.map(\.epochs) == [9, 10, 13, 14, 23.9, 24, 100])
        #expect(budgets.map { $0.ensembles?.runs } == [nil, 1, 2, 3, 3, 4, 6])
        #expect(budgets.map { $0.ensembles?.cost_epochs } == [nil, 10, 12, 14, 14, 24, 28])
        #expect(budgets.map { $0.against?.runs } == budgets.map { $0.ensembles?.runs })
        #expect(budgets[6].ensembles == compared.sizes.last && budgets[6].against?.runs == 6)

        try writeRecord([(0, 1), (0, -1), (0, 1), (0, 1), (0, 1), (0, 1)])
        func message() throws -> String? {
            try refusal((any Error).self) { try evaluate(Ensemble(opening: [scratch.path])) }.map { "\($0)" }
        }
        #expect(try message() == "\(record): runs[1].cost_epochs is not between 0 and 1e100")
        try writeRecord([(0, 1)])
        #expect(try message() == "\(record): has 1 runs, but \(scratch("logits.npy")) has 6")
        try AtomicFile.write("{\"runs\": 3}", to: record)
        #expect(try message() == "\(record): has no list of runs in the form that train writes")
        // Where nothing is told, every run is a chain, of unknown cost.
        try FileManager.default.removeItem(atPath: record)
        let unknown = try evaluate(Ensemble(opening: [scratch.path]))
        #expect(unknown.ensemble.chains == 6 && unknown.ensemble.methods == [] && unknown.sizes[0].cost_epochs == nil)
        #expect(unknown.budgets == nil)
        #expect(
            try refusal(AgreedFailure.self) {
                try evaluate(Ensemble(opening: [scratch.path])) { $0.budgets = [3] }
            }?.cause as? EvaluationError == .costsUnknown(pool: scratch("logits.npy")))
    }
}
