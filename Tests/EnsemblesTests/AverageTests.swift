import Ensembles
import MessagePassing
import Testing
import TestSupport

/// On the main thread, where MPI was started.
@MainActor struct AverageTests {
    private func average(_ ensemble: RandomEnsemble, threads: Int = 2) throws -> EnsembleAverage {
        let logits = try #require(ensemble.opened(in: Scratch()).test)
        return try EnsembleAverage(
            of: logits, labels: ensemble.labels, world: SharedSession.world(), threads: threads)
    }

    /// The class with the largest sum over the runs, the smallest of those that tie, by plain loops.
    private func likeliest(_ ensemble: RandomEnsemble, _ transform: Transform) -> [Int] {
        (0..<ensemble.test).map { example in
            let sums = (0..<ensemble.runs).map { Oracle.transformed(row(ensemble, $0, example), transform) }
                .reduce([Double](repeating: 0, count: ensemble.classes)) { zip($0, $1).map(+) }
            return Oracle.order(sums)[0]
        }
    }

    private func row(_ ensemble: RandomEnsemble, _ run: Int, _ example: Int) -> [Double] {
        let first = (run * ensemble.test + example) * ensemble.classes
        return Array(ensemble.logits[first..<first + ensemble.classes])
    }

    @Test(arguments: [1, 2, 13]) func `averages of logits and of probabilities are those of plain loops`(
        runs: Int
    ) throws {
        let ensemble = RandomEnsemble(runs: runs, test: 57, train: 1, classes: 5, seed: 7)
        let average = try average(ensemble)
        #expect(average.logitsPrediction == likeliest(ensemble, .raw))
        #expect(average.probabilitiesPrediction == likeliest(ensemble, .softmax))
        // Else one of the two could stand for the other.
        #expect(runs == 1 || average.logitsPrediction != average.probabilitiesPrediction)
    }

    @Test func `correct predictions are counted for each run and each example`() throws {
        let ensemble = RandomEnsemble(runs: 9, test: 31, train: 1, classes: 3, seed: 8)
        let isCorrect = (0..<9).map { run in
            (0..<31).map { Oracle.order(row(ensemble, run, $0))[0] == ensemble.labels[$0] }
        }
        let correct = try #require(average(ensemble).correct)
        #expect(correct.ofRun == isCorrect.map { $0.count { $0 } })
        #expect(correct.ofExample == (0..<31).map { example in isCorrect.count { $0[example] } })
        #expect(try average(ensemble, threads: 1).correct?.ofExample == correct.ofExample)
    }

    @Test func `nobody is right on an unlabeled example`() throws {
        var ensemble = RandomEnsemble(runs: 9, test: 31, train: 1, classes: 3, seed: 8)
        let all = try #require(average(ensemble).correct)
        for example in stride(from: 0, to: 31, by: 3) { ensemble.labels[example] = -1 }
        let correct = try #require(average(ensemble).correct)
        #expect(correct.ofExample == all.ofExample.enumerated().map { $0 % 3 == 0 ? 0 : $1 })
        #expect(correct.ofRun.reduce(0, +) == correct.ofExample.reduce(0, +))
    }

    @Test func `a tie goes to the smallest class`() throws {
        var ensemble = RandomEnsemble(runs: 2, test: 3, train: 1, classes: 3)
        ensemble.logits = [0, 1, 1, 2, 2, 2, 1, 0, 0] + [0, 1, 1, 2, 2, 2, 0, 0, 1]
        let average = try average(ensemble)
        #expect(average.logitsPrediction == [1, 0, 0] && average.probabilitiesPrediction == [1, 0, 0])
    }
}
