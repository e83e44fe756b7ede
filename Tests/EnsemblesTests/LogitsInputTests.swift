import ArrayFiles
import CSIMDKernels
import Ensembles
import Foundation
import Testing
import TestSupport
import UserMessages

@MainActor struct LogitsInputTests {
    private let made = RandomEnsemble(runs: 5, test: 70, train: 9, classes: 4, seed: 5)
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Logits from a file of `.npy`, or the middle of a larger one, whose rows are not stored in one piece.
    private func logits(
        _ values: [Double], classes: Int = 4, as inputs: LogitsInput = .logits, _ type: ElementType = .float64,
        isInPieces: Bool = false
    ) throws -> Logits {
        let examples = values.count / 5 / classes
        let path = scratch("\(UUID().uuidString).npy")
        guard isInPieces else {
            try RandomEnsemble.write(values, type, shape: [5, examples, classes], to: path)
            return try Logits(concatenating: [ArrayFile.open(path)[0].named("logits")], as: inputs)
        }
        let wide = stride(from: 0, to: values.count, by: classes)
            .flatMap { [9.0] + values[$0..<$0 + classes] }
        try RandomEnsemble.write(wide, type, shape: [5, examples, classes + 1], to: path)
        let tensor = try ArrayFile.open(path)[0].slice(axis: 2, 1..<classes + 1)
        return try Logits(concatenating: [tensor.named("logits")], as: inputs)
    }

    /// x of (R, M, C) by the oracle.
    private func transformed(_ values: [Double], _ transform: Transform, classes: Int = 4) -> [Double] {
        stride(from: 0, to: values.count, by: classes)
            .flatMap { Oracle.transformed(Array(values[$0..<$0 + classes]), transform) }
    }

    private func expectClose(_ found: [Double], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation)
    {
        #expect(
            found.count == expected.count && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 },
            sourceLocation: sourceLocation)
    }

    @Test(arguments: [false, true], Transform.allCases)
    func `probabilities and their logarithms are as good as logits`(isInPieces: Bool, transform: Transform) throws {
        let p = transformed(made.logits, .softmax)
        let expected = transformed(p.map { log($0) }, transform)
        let fromP = try logits(p, as: .probabilities, isInPieces: isInPieces)
        expectClose(try AllLogits.values(of: fromP, transform, threads: 2), expected)
        let fromLogs = try logits(p.map { log($0) }, as: .logProbabilities, isInPieces: isInPieces)
        expectClose(try AllLogits.values(of: fromLogs, transform, threads: 2), expected)
        let oneClass = try AllLogits.values(of: fromP.selecting(class: 2), transform)
        expectClose(oneClass, stride(from: 2, to: expected.count, by: 4).map { expected[$0] })
    }

    @Test(arguments: Transform.allCases)
    func `one logit of a binary classifier is read as two`(transform: Transform) throws {
        let x = Array(made.logits.prefix(5 * 33))
        let expected = transformed(x.flatMap { [0, $0] }, transform, classes: 2)
        for isInPieces in [false, true] {
            let read = try logits(x, classes: 1, isInPieces: isInPieces)
            #expect(read.classes == 2)
            expectClose(try AllLogits.values(of: read, transform, threads: 2), expected)
        }
        let p = x.map { 1 / (1 + exp(-$0)) }
        let read = try logits(p, classes: 1, as: .probabilities)
        expectClose(try AllLogits.values(of: read, .softmax), p.flatMap { [1 - $0, $0] })
        let labels = (0..<33).map { $0 % 2 }
        let correct = try CorrectCounts(of: read, labels: labels, world: SharedSession.world(), threads: 2)
        #expect(correct.ofRun == (0..<5).map { run in (0..<33).count { (x[run * 33 + $0] > 0 ? 1 : 0) == labels[$0] } })
    }

    @Test func `probabilities that underflowed count as the smallest number of their type`() throws {
        var p = transformed(made.logits, .softmax)
        for place in [0, 3, 50] { p[place] = 0 }
        let least = log(Double(Float16.leastNonzeroMagnitude))
        let x = try AllLogits.values(of: logits(p, as: .probabilities, .float16))
        #expect([0, 3, 50].allSatisfy { abs(x[$0] - least) < 1e-14 })
        let logs = try AllLogits.values(of: logits(p.map { log($0) }, as: .logProbabilities, .float16))
        #expect([0, 3, 50].allSatisfy { abs(logs[$0] - least) < 1e-14 })
    }

    @Test func `what is no probability is named`() throws {
        var p = transformed(made.logits, .softmax)
        p[(2 * 70 + 69) * 4 + 1] = -0.25
        let wrong = try logits(p, as: .probabilities)
        let error = try refusal(EnsembleError.self) { try AllLogits.values(of: wrong, threads: 2) }
        guard case .noProbability(let place, let value, .probabilities)? = error else {
            Issue.record("\(String(describing: error))"); return
        }
        #expect(place.hasSuffix(": logits[2, 69, 1]") && value == -0.25)
        #expect(error?.exitCode == .badData)
    }

    @Test func `the average leaves out a class that is -infinity in all runs`() throws {
        var masked = made
        var without = made.logits
        for place in masked.logits.indices where place % 4 == place / 4 % 70 % 4 {
            masked.logits[place] = -.infinity
            without[place] = -1e6
        }
        let test = try #require(masked.opened(in: scratch).test)
        let world = try SharedSession.world()
        let average = try EnsembleAverage(of: test, labels: masked.labels, world: world, threads: 2)
        let expected = try EnsembleAverage(of: logits(without), labels: masked.labels, world: world, threads: 1)
        #expect(average.logitsPrediction == expected.logitsPrediction)
        #expect(average.probabilitiesPrediction == expected.probabilitiesPrediction)
        #expect(average.correct?.ofRun == expected.correct?.ofRun)
        let p = try EnsembleAverage.meanProbabilities(of: test, examples: 0..<70, threads: 1)
        for example in 0..<70 { #expect(p[example * 4 + example % 4] == 0) }
        expectClose(p, try EnsembleAverage.meanProbabilities(of: logits(without), examples: 0..<70, threads: 1))
    }

    @Test func `a class that is -infinity in some runs only is named`() throws {
        for (runs, masked, other) in [(0..<1, 0, 1), (3..<5, 3, 0)] {
            var bad = made
            for run in runs { bad.logits[(run * 70 + 41) * 4 + 2] = -.infinity }
            // Another class, masked in all runs, is no reason.
            for run in 0..<5 { bad.logits[(run * 70 + 41) * 4] = -.infinity }
            let test = try #require(bad.opened(in: scratch).test)
            let error = try refusal(EnsembleError.self) { try AllLogits.values(of: test, .logSoftmax, threads: 2) }
            guard case .infiniteInOneRun(let place, let run, let otherRun)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(place.hasSuffix("logits.npy[\(masked), 41, 2]") && run == masked && otherRun == other)
        }
    }

    @Test func `the one logit of a binary classifier that is -infinity in one run is named as it is stored`() throws {
        var binary = RandomEnsemble(runs: 5, test: 70, train: 9, classes: 1)
        binary.logits[2 * 70 + 41] = -.infinity
        let test = try #require(binary.opened(in: scratch).test)
        let error = try refusal(EnsembleError.self) { try AllLogits.values(of: test, .logSoftmax, threads: 2) }
        guard case .infiniteInOneRun(let place, 2, 0)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(place.hasSuffix("logits.npy[2, 41, 0]"))
    }

    @Test func `all runs that are not finite are named, of both sets, by their numbers before any selection`() throws {
        var bad = made
        bad.logits[(1 * 70 + 69) * 4 + 3] = .nan
        bad.logits[(4 * 70 + 0) * 4 + 1] = .infinity
        for c in 0..<4 { bad.trainLogits[(3 * 9 + 8) * 4 + c] = -.infinity }
        bad.logits[(4 * 70 + 5) * 4 + 1] = 1e200
        // A class that is masked in all runs is not what is wrong.
        for run in 0..<5 { bad.logits[(run * 70 + 69) * 4] = -.infinity }
        bad.elementType = .float64
        let ensemble = try bad.opened(in: scratch)
        func runs(_ ensemble: Ensemble, _ logits: Logits?) throws -> NotFiniteRuns? {
            let error = try refusal(EnsembleError.self) { try AllLogits.values(of: #require(logits), threads: 2) }
            guard case .runsNotFinite(let runs)? = error else { return nil }
            return runs
        }
        for logits in [ensemble.test, ensemble.train, ensemble.selecting(runs: 3..<4).train] {
            let found = try #require(try runs(ensemble, logits))
            #expect(found.runs == [1, 3, 4] && found.available == 5 && found.leftOut == [])
            let ends = ["logits.npy[1, 69, 3]", "logits_train.npy[3, 8, 0]", "logits.npy[4, 0, 1]"]
            #expect(zip(found.places, ends).allSatisfy { $0.hasSuffix("/\($1)") }, "\(found.places)")
        }
        let selected = try ensemble.selecting(.numbers([1...4]), leavingOut: [1...1])
        let found = try #require(try runs(selected, selected.train))
        #expect(found.runs == [3, 4] && found.available == 3 && found.leftOut == [1])
        let rest = try ensemble.selecting(nil, leavingOut: [1...1, 3...4])
        #expect(try AllLogits.values(of: #require(rest.test)).allSatisfy { $0.isFinite })
    }
}
