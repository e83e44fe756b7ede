import ArrayFiles
import Ensembles
import Foundation
import MessagePassing
import Testing
import TestSupport

@MainActor struct FirstLookTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func look(_ ensemble: Ensemble, distinct: Bool = false) throws -> (Ensemble, [EnsembleRemark]) {
        try ensemble.lookedAt(distinct: distinct, over: SharedSession.world())
    }

    /// Runs that mostly agree: the same logits with some noise, times `scale`.
    private func trained(
        runs: Int = 6, test: Int = 60, train: Int = 80, classes: Int = 5, scale: Double = 1
    ) -> RandomEnsemble {
        var ensemble = RandomEnsemble(runs: runs, test: test, train: train, classes: classes, seed: 3)
        func agreeing(_ logits: [Double], _ examples: Int) -> [Double] {
            logits.indices.map { place in
                Double(Float((logits[place % (examples * classes)] + logits[place] / 4) * scale))
            }
        }
        ensemble.logits = agreeing(ensemble.logits, test)
        ensemble.trainLogits = agreeing(ensemble.trainLogits, train)
        return ensemble
    }

    @Test func `of a usual ensemble, and of untrained networks, nothing is said`() throws {
        #expect(try look(trained().opened(in: scratch)).1 == [])
        #expect(
            try look(RandomEnsemble(runs: 6, test: 60, train: 80, classes: 5).scaled(1e-2).opened(in: scratch)).1 == [])
        var zero = RandomEnsemble(runs: 6, test: 60, train: 80, classes: 5)
        zero.logits = zero.logits.map { _ in 0 }
        zero.trainLogits = zero.trainLogits.map { _ in 0 }
        #expect(try look(zero.opened(in: scratch)).1 == [])
        #expect(try look(Ensemble(opening: [Fixtures.fashion])).1 == [])
    }

    @Test func `equal runs are noticed, and left out if wanted`() throws {
        var ensemble = trained()
        let (size, trainSize) = (60 * 5, 80 * 5)
        for (run, earlier) in [(3, 1), (4, 0), (5, 1)] {
            ensemble.logits.replaceSubrange(
                run * size..<(run + 1) * size, with: ensemble.logits[earlier * size..<(earlier + 1) * size])
            ensemble.trainLogits.replaceSubrange(
                run * trainSize..<(run + 1) * trainSize,
                with: ensemble.trainLogits[earlier * trainSize..<(earlier + 1) * trainSize])
        }
        // The first rows alone are equal.
        ensemble.trainLogits[5 * trainSize - 1] += 1
        let opened = try ensemble.opened(in: scratch)
        let path = scratch("ensemble/logits.npy")
        let (same, remarks) = try look(opened)
        #expect(same.runs == 6)
        guard case .equalRuns(let equal)? = remarks.first else { Issue.record("\(remarks)"); return }
        #expect(remarks.count == 1)
        #expect(equal.map(\.run) == [3, 5] && equal.map(\.earlier) == [1, 1] && equal[0].path == path)
        let (distinct, none) = try look(opened, distinct: true)
        #expect(distinct.test?.numbers == [0, 1, 2, 4] && none == [])
        // A file that is named twice.
        let twice = try look(Ensemble(opening: [scratch("ensemble"), scratch("ensemble")]), distinct: true).0
        #expect(twice.train?.numbers == [0, 1, 2, 4])
    }

    @Test func `probabilities are not taken for logits`() throws {
        for type in [ElementType.float16, .float32, .float64] {
            var p = trained()
            p.elementType = type
            for logits in [\RandomEnsemble.logits, \.trainLogits] {
                p[keyPath: logits] = stride(from: 0, to: p[keyPath: logits].count, by: 5).flatMap { first in
                    Oracle.transformed(Array(p[keyPath: logits][first..<first + 5]), .softmax)
                }
            }
            let ensemble = try p.opened(in: scratch)
            let failure = try refusal(AgreedFailure.self) { try look(ensemble) }
            let error = failure?.cause(as: EnsembleError.self)
            #expect(error == .probabilitiesForLogits(scratch("ensemble/logits.npy") + ": logits", inAllRuns: true))
            let taken = try Ensemble(opening: [scratch("ensemble")], choice: InputChoice(inputs: .probabilities))
            #expect(try look(taken).1 == [])
        }
    }

    @Test func `runs whose examples are in other orders are noticed`() throws {
        var shuffled = trained()
        var numbers = SeededNumbers(seed: 8)
        for run in 1..<6 {
            let rows = (0..<80).map { row in
                Array(shuffled.trainLogits[(run * 80 + row) * 5..<(run * 80 + row + 1) * 5])
            }
            shuffled.trainLogits.replaceSubrange(
                run * 400..<(run + 1) * 400, with: rows.shuffled(using: &numbers).flatMap(\.self))
        }
        let remarks = try look(shuffled.opened(in: scratch)).1
        guard case .runsDisagree(.train, let agreement, let chance)? = remarks.first else {
            Issue.record("\(remarks)")
            return
        }
        #expect(remarks.count == 1 && abs(agreement - chance) < 0.1)
    }

    @Test func `labels of classes that are -infinity are counted`() throws {
        var masked = trained()
        // Labels are example % 5.
        for place in masked.logits.indices where place % 5 == 3 && place / 5 % 60 < 50 {
            masked.logits[place] = -.infinity
        }
        #expect(try look(masked.opened(in: scratch)).1 == [.labelsOfMaskedClasses(10)])
        masked.labels = masked.labels.map { $0 % 3 }
        #expect(try look(masked.opened(in: scratch)).1 == [])
    }

    @Test func `axes in another order, and labels of one class, are noticed`() throws {
        #expect(
            try look(trained(runs: 50, test: 16, train: 15).opened(in: scratch)).1
                == [.manyMoreRunsThanExamples(runs: 50, examples: 16)])
        var ensemble = trained()
        ensemble.labels = ensemble.labels.map { _ in 0 }
        #expect(try look(ensemble.opened(in: scratch)).1 == [.oneClass(.test, 0)])
        var binary = RandomEnsemble(runs: 6, test: 60, train: 80, classes: 1)
        for (run, place) in binary.logits.indices.map({ ($0 / 60, $0) }) where run > 0 {
            binary.logits[place] = binary.logits[place % 60] + Double(run) / 16
        }
        for (run, place) in binary.trainLogits.indices.map({ ($0 / 80, $0) }) where run > 0 {
            binary.trainLogits[place] = binary.trainLogits[place % 80] + Double(run) / 16
        }
        #expect(try look(binary.opened(in: scratch)).1 == [.oneClass(.test, 0), .oneClass(.train, 0)])
    }
}

extension RandomEnsemble {
    fileprivate func scaled(_ scale: Double) -> RandomEnsemble {
        var scaled = self
        scaled.logits = logits.map { Double(Float($0 * scale)) }
        scaled.trainLogits = trainLogits.map { Double(Float($0 * scale)) }
        return scaled
    }
}
