import ArrayFiles
import EnsembleEvaluation
import EnsembleMetrics
import Ensembles
import Foundation
import MessagePassing
import Testing
import TestSupport

@MainActor @Suite struct SelectorTests {
    /// What EnsembleMetricsTests/Fixtures/make_selection.py chose of the 64 real runs, by plain loops and scipy.
    private struct Fixture: Decodable {
        struct Choice: Decodable {
            struct Best: Decodable {
                let members: [Int]
                let value: Double
            }
            let size: Int
            let greedy: [Int]
            let brute_force: Best
        }
        struct Form: Decodable {
            let cohesion: Double
            let choices: [Choice]
        }
        struct Stacking: Decodable {
            let weights: [Double]
            let log_likelihood: Double
        }
        struct Prequential: Decodable {
            let nll: Double
            let posterior: [Double]
        }
        let runs: Int
        let by_likelihood: [Choice]
        let by_form: [Form]
        let stacking: [String: Stacking]
        let prequential: Prequential
        let best_run_nll: Double
    }

    private func fixture() throws -> Fixture {
        try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: URL(fileURLWithPath: Fixtures.selection)))
    }

    private func selection(
        of ensemble: Ensemble, _ change: (inout SelectionOptions) -> Void = { _ in }
    ) throws -> Selection {
        var options = SelectionOptions()
        options.threads = 2
        change(&options)
        return try Selector(ensemble, options: options, world: SharedSession.world())
            .select(version: "test") { _ in }
    }

    private func realRuns(_ runs: Int) throws -> Ensemble {
        try Ensemble(opening: [Fixtures.fashion]).selecting(runs: 0..<runs)
    }

    /// The probability of each label by each of the first runs, by plain loops.
    private func labelProbabilities(_ runs: Int) throws -> [[Double]] {
        let logits = try #require(try ArrayFile.open("\(Fixtures.fashion)/log.pt").first { $0.name == "logits" })
        let labels = try ArrayFile.open("\(Fixtures.fashion)/labels.npy")[0].integers()
        let classes = logits.shape[2]
        return try (0..<runs).map { run in
            let values = try logits[run].withContiguousBytes { $0.bindMemory(to: Float16.self).map(Double.init) }
            return labels.enumerated().map { example, label in
                let row = values[(example * classes)..<((example + 1) * classes)]
                return exp(row[example * classes + label]) / row.reduce(0) { $0 + exp($1) }
            }
        }
    }

    private func choice(_ method: SelectionMethod, of selection: Selection) throws -> Selection.Choice {
        try #require(selection.choices.first { $0.method == method })
    }

    @Test func `choices of real runs are those of plain loops, and of brute force`() throws {
        let fixture = try fixture()
        let pool = try realRuns(fixture.runs)
        for expected in fixture.by_likelihood {
            let found = try selection(of: pool) { $0.size = expected.size }
            let greedy = try choice(.greedy, of: found)
            #expect(greedy.members == expected.greedy)
            // Of these runs, no set of as many is better.
            #expect(greedy.members?.sorted() == expected.brute_force.members)
            #expect(greedy.runs == expected.size && greedy.weights == nil)
            #expect(try choice(.all, of: found).members == Array(0..<fixture.runs))
            #expect(try choice(.random, of: found).members == nil)
            #expect(try choice(.random, of: found).nll_less_random.mean == 0)
        }
        for form in fixture.by_form {
            for expected in form.choices {
                let found = try selection(of: pool) { ($0.size, $0.cohesion) = (expected.size, form.cohesion) }
                #expect(try choice(.cohesive, of: found).members == expected.greedy, "\(form.cohesion)")
                if form.cohesion == 0 {
                    #expect(try choice(.best, of: found).members == expected.greedy)
                    #expect(expected.greedy.sorted() == expected.brute_force.members)
                }
            }
        }
    }

    @Test(arguments: [2, 12, 64]) func `stacking is as likely as what scipy finds`(runs: Int) throws {
        let expected = try #require(try fixture().stacking["\(runs)"])
        let members = try labelProbabilities(runs)
        let found = try choice(.stacking, of: selection(of: realRuns(runs)) { $0.size = 1 })
        let weights = try #require(found.weights)
        #expect(weights.count == runs && weights.allSatisfy { $0 >= 0 } && abs(weights.reduce(0, +) - 1) < 1e-12)
        #expect(found.runs == weights.count { $0 > 0 } && found.members == nil)
        let likelihood =
            members[0].indices.reduce(0) { sum, example in
                sum + log(zip(weights, members).reduce(0) { $0 + $1.0 * $1.1[example] })
            } / Double(members[0].count)
        #expect(abs(likelihood - expected.log_likelihood) < 1e-6)
        // The weights are known less well than the likelihood, which is flat around the best of them.
        #expect(zip(weights, expected.weights).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test func `a mixture that learns is that of a loop, and hardly worse than the best run`() throws {
        let expected = try fixture()
        let found = try selection(of: realRuns(64))
        #expect(abs(found.prequential.nll - expected.prequential.nll) < 1e-6)
        #expect(abs(found.prequential.best_run_nll - expected.best_run_nll) < 1e-6)
        let weights = try #require(try choice(.bayes, of: found).weights)
        #expect(zip(weights, expected.prequential.posterior).allSatisfy { abs($0 - $1) < 1e-6 })
        for seed in 0..<20 as Range<UInt64> {
            let runs = 1 + Int(seed)
            let pool = RandomEnsemble(runs: runs, test: 4 + 3 * runs, train: 2, classes: 3, seed: seed)
            let scratch = try Scratch()
            let regret = try selection(of: pool.opened(in: scratch)) { $0.size = 1 }.prequential.regret
            #expect(regret >= -1e-9 && regret <= log(Double(runs)) + 1e-9, "\(runs) runs: \(regret)")
        }
    }

    @Test(arguments: [1, 9, 10, 60]) func `copies of a run have weights that add up to 1, and gain nothing`(
        copies: Int
    ) throws {
        let scratch = try Scratch()
        var pool = RandomEnsemble(runs: copies, test: 40, train: 2, classes: 3, seed: 5)
        for place in pool.logits.indices { pool.logits[place] = pool.logits[place % 120] }
        let found = try selection(of: pool.opened(in: scratch)) { $0.size = 1 }
        let (stacking, all) = try (choice(.stacking, of: found), choice(.all, of: found))
        let weights = try #require(stacking.weights)
        #expect(stacking.runs >= 1 && abs(weights.reduce(0, +) - 1) < 1e-12)
        #expect(
            abs(stacking.measures.mean.negativeLogLikelihood - all.measures.mean.negativeLogLikelihood) < 1e-9)
        #expect(found.choices.allSatisfy { $0.halves.allSatisfy { abs($0.gap) < 1e-9 } })
    }

    @Test func `runs have the numbers of the files, whichever are left out`() throws {
        let some = [3, 4, 9, 17, 30, 31, 40, 63]
        let all = try realRuns(64)
        let found = try selection(of: all.selecting(runs: some)) { $0.size = 3 }
        #expect(found.numbers == some)
        let greedy = try #require(try choice(.greedy, of: found).members)
        #expect(greedy.count == 3 && greedy.allSatisfy(some.contains))
        #expect(try choice(.all, of: found).members == some)
        let rows = found.weightsCSV.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
        #expect(rows.dropFirst().map { $0[0] } == some.map(String.init))
        let column = try #require(rows[0].firstIndex(of: "greedy"))
        #expect(Set(rows.dropFirst().filter { $0[column] != "0.0" }.map { $0[0] }) == Set(greedy.map(String.init)))
    }

    @Test func `unlabeled examples do not count, and a certain wrong prediction costs no infinity`() throws {
        let scratch = try Scratch()
        var pool = RandomEnsemble(runs: 5, test: 40, train: 2, classes: 3, seed: 2)
        let all = try selection(of: pool.opened(in: scratch)) { $0.size = 2 }
        // The same examples with unlabeled ones among them.
        let other = RandomEnsemble(runs: 5, test: 30, train: 2, classes: 3, seed: 3)
        var mixed = RandomEnsemble(runs: 5, test: 70, train: 2, classes: 3, seed: 4)
        for run in 0..<5 {
            for example in 0..<70 {
                let isOwn = example % 7 < 4
                let place = isOwn ? example / 7 * 4 + example % 7 : example / 7 * 3 + example % 7 - 4
                for c in 0..<3 {
                    mixed.logits[(run * 70 + example) * 3 + c] =
                        isOwn
                        ? pool.logits[(run * 40 + place) * 3 + c] : other.logits[(run * 30 + place) * 3 + c]
                }
                mixed.labels[example] = isOwn ? pool.labels[place] : -1
            }
        }
        let second = try Scratch()
        let found = try selection(of: mixed.opened(in: second)) { $0.size = 2 }
        #expect(found.ensemble.unlabeled?.test == 30)
        for (one, another) in zip(all.choices, found.choices) {
            #expect(one.members == another.members && one.runs == another.runs)
            #expect(abs(one.measures.mean.negativeLogLikelihood - another.measures.mean.negativeLogLikelihood) < 1e-12)
        }

        for run in 0..<5 { pool.logits[(run * 40 + 3) * 3 + (pool.labels[3] + 1) % 3] = 5000 }
        let third = try Scratch()
        let certain = try selection(of: pool.opened(in: third)) { $0.size = 3 }
        for choice in certain.choices {
            #expect(choice.measures.mean.negativeLogLikelihood.isFinite, "\(choice.method)")
            #expect(choice.weights?.contains { !$0.isFinite } != true)
        }
    }
}
