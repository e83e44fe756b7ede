import ArrayFiles
import Ensembles
import Foundation
import Testing
import TestSupport

struct RunSelectionTests {
    private let made = RandomEnsemble(runs: 12, test: 5, train: 6, classes: 3, seed: 4)
    private let scratch: Scratch
    private let ensemble: Ensemble

    init() throws {
        scratch = try Scratch()
        for (name, runs) in [("a", 0..<5), ("b", 5..<12)] { try made.write(to: scratch("tree/\(name)"), runs: runs) }
        ensemble = try Ensemble(opening: [scratch("tree")])
    }

    private func expect(_ selected: Ensemble, _ runs: [Int], sourceLocation: SourceLocation = #_sourceLocation) throws {
        for (logits, all, examples) in [(selected.test, made.logits, 5), (selected.train, made.trainLogits, 6)] {
            let expected = runs.flatMap { all[$0 * examples * 3..<($0 + 1) * examples * 3] }
            #expect(try AllLogits.values(of: #require(logits)) == expected, sourceLocation: sourceLocation)
            #expect(logits?.numbers == runs, sourceLocation: sourceLocation)
        }
    }

    @Test func `runs are selected by their numbers, in any files`() throws {
        try expect(ensemble.selecting(runs: [0, 3, 4, 5, 6, 11]), [0, 3, 4, 5, 6, 11])
        try expect(ensemble.selecting(runs: [7, 2]), [7, 2])
        try expect(ensemble.selecting(runs: [1, 2, 6, 8, 9, 10]).selecting(runs: [1, 2, 4, 5]), [2, 6, 9, 10])
        try expect(ensemble.selecting(runs: [1, 2, 6, 8, 9]).selecting(runs: 1..<4), [2, 6, 8])
        #expect(ensemble.selecting(runs: [0, 2, 4, 6]).sources == ensemble.sources)
        #expect(ensemble.selecting(runs: [0, 2]).sources == [ensemble.sources[0]])
    }

    @Test func `some are left out of the first, or of those in ranges`() throws {
        try expect(ensemble.selecting(.first(4), leavingOut: [1...1, 9...10]), [0, 2, 3])
        try expect(ensemble.selecting(.numbers([10...11, 3...5, 4...4]), leavingOut: []), [3, 4, 5, 10, 11])
        try expect(ensemble.selecting(nil, leavingOut: [0...9]), [10, 11])
    }

    @Test func `runs that do not exist, or are all left out, are named`() throws {
        func error(_ selection: RunSelection?, _ leftOut: ClosedRange<Int>...) throws -> EnsembleError? {
            try refusal(of: { try ensemble.selecting(selection, leavingOut: leftOut) })
        }
        #expect(try error(.first(13)) == .runsOutOfRange(13, available: 12))
        #expect(try error(.first(-1)) == .runsOutOfRange(-1, available: 12))
        #expect(try error(.numbers([3...12])) == .noSuchRun(12, isLeftOut: false, available: 12))
        #expect(try error(nil, 5...Int.max) == .noSuchRun(.max, isLeftOut: true, available: 12))
        #expect(try error(.first(2), 0...4) == .noRunsLeft)
    }

    @Test func `the history follows the selection, and runs left out still cost what the next of their chain took`()
        throws
    {
        // Two chains, in turn; run r cost 2^r.
        let rows = (0..<7).map {
            #"{"run": \#($0), "chain": \#($0 % 2), "method": "m\#($0)", "cost_epochs": \#(1 << $0)}"#
        }
        try scratch("tree/b/ensemble.json", holding: Data("{\"runs\": [\(rows.joined(separator: ", "))]}".utf8))
        let ofB = ensemble.selecting(runs: Array(5..<12))
        let all = try RunHistory(of: #require(ofB.test))
        #expect(all.chains == [[0, 2, 4, 6], [1, 3, 5]] && all.costs == [1, 2, 4, 8, 16, 32, 64])
        // Runs 1, 2, 5 and 6 of the file.
        let some = try RunHistory(of: #require(ensemble.selecting(runs: [6, 7, 10, 11]).test))
        #expect(some.chains == [[0, 2], [1, 3]])
        #expect(some.costs == [2, 1 + 4, 8 + 32, 16 + 64])
        #expect(some.methods == ["m1", "m2", "m5", "m6"])
        let both = try RunHistory(of: #require(ensemble.selecting(runs: [4, 6, 8]).test))
        #expect(both.chains == [[0], [1, 2]] && both.costs == nil)
    }
}
