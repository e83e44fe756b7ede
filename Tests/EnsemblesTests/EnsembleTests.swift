import ArrayFiles
import Ensembles
import Foundation
import Testing
import TestSupport
import UserMessages

struct EnsembleTests {
    private let whole = RandomEnsemble(runs: 6, test: 4, train: 5, classes: 3)

    /// The logits of an ensemble as it reads them, shape (R, M, C).
    private func values(_ logits: Logits?) throws -> [Float] {
        try #require(logits).tensors.flatMap { tensor in
            try tensor.withContiguousBytes { Array($0.bindMemory(to: Float.self)) }
        }
    }

    private func expectWhole(_ ensemble: Ensemble) throws {
        #expect(ensemble.test?.runs == 6 && ensemble.test?.examples == 4 && ensemble.test?.classes == 3)
        #expect(ensemble.train?.runs == 6 && ensemble.train?.examples == 5)
        #expect(try values(ensemble.test) == whole.logits.map { Float($0) })
        #expect(try values(ensemble.train) == whole.trainLogits.map { Float($0) })
        #expect(ensemble.testLabels == whole.labels && ensemble.trainLabels == whole.trainLabels)
    }

    @Test func `a folder of arrays is an ensemble`() throws {
        let scratch = try Scratch()
        try whole.write(to: scratch("runs"))
        let ensemble = try Ensemble(opening: [scratch("runs")])
        try expectWhole(ensemble)
        #expect(ensemble.sources == [scratch("runs/logits.npy")])
        #expect(try Ensemble(opening: [scratch("runs/")]).sources == ensemble.sources)
    }

    @Test func `a tree of parts is concatenated in the order of paths, with the labels at its root`() throws {
        let scratch = try Scratch()
        for (name, runs) in [("b/2", 3..<4), ("a", 0..<2), ("b/1", 2..<3), ("c/deep/er", 4..<6), (".hidden", 0..<1)] {
            try whole.write(to: scratch("tree/\(name)"), runs: runs, labels: false)
        }
        try whole.writeLabels(to: scratch("tree"))
        try Data("what it was".utf8).write(to: URL(fileURLWithPath: scratch("tree/b/README.txt")))
        let ensemble = try Ensemble(opening: [scratch("tree")])
        try expectWhole(ensemble)
        #expect(ensemble.sources == ["a", "b/1", "b/2", "c/deep/er"].map { scratch("tree/\($0)/logits.npy") })
    }

    @Test func `several arguments are concatenated in the order given`() throws {
        let scratch = try Scratch()
        try whole.write(to: scratch("z"), runs: 0..<1)
        try whole.write(to: scratch("tree/2"), runs: 3..<6)
        try whole.write(to: scratch("tree/1"), runs: 1..<3, labels: false)
        try expectWhole(Ensemble(opening: [scratch("z"), scratch("tree")]))
    }

    @Test func `the first runs may be used alone`() throws {
        let scratch = try Scratch()
        for run in 0..<6 { try whole.write(to: scratch("tree/\(run)"), runs: run..<run + 1) }
        let ensemble = try Ensemble(opening: [scratch("tree")], runs: 4)
        #expect(ensemble.test?.runs == 4 && ensemble.train?.runs == 4)
        #expect(ensemble.sources.count == 4)
        for count in [0, 7, -1] {
            let error = #expect(throws: EnsembleError.self) {
                try Ensemble(opening: [scratch("tree")], runs: count)
            }
            #expect(error == .runsOutOfRange(count, available: 6) && error?.exitCode == .usage)
        }
    }

    @Test func `test logits alone are an ensemble, and so are train logits`() throws {
        let scratch = try Scratch()
        try whole.write(to: scratch("test"))
        try FileManager.default.removeItem(atPath: scratch("test/logits_train.npy"))
        let test = try Ensemble(opening: [scratch("test")])
        #expect(test.train == nil && test.trainLabels == nil && test.testLabels == whole.labels)
        try whole.write(to: scratch("train"))
        try FileManager.default.removeItem(atPath: scratch("train/logits.npy"))
        let train = try Ensemble(opening: [scratch("train")])
        #expect(train.test == nil && train.testLabels == nil && train.trainLabels == whole.trainLabels)
        #expect(train.sources == [scratch("train/logits_train.npy")])
    }

    @Test func `labels given apart take the place of those beside the logits`() throws {
        let scratch = try Scratch()
        try whole.write(to: scratch("runs"))
        let ensemble = try Ensemble(
            opening: [scratch("runs")], testLabels: Labels([2, 2, 1, 0], source: "mine"),
            trainLabels: Labels([0, 1, 2, 1, 0], source: "mine"))
        #expect(ensemble.testLabels == [2, 2, 1, 0] && ensemble.trainLabels == [0, 1, 2, 1, 0])
    }

    @Test func `a negative label is that of an unlabeled example, whichever number it is`() throws {
        let scratch = try Scratch()
        var labels = whole
        (labels.labels, labels.trainLabels) = ([0, -1, 2, -1], [0, 1, -1, 0, 1])
        try labels.write(to: scratch("tree/a"), runs: 0..<3)
        (labels.labels, labels.trainLabels) = ([0, -100, 2, Int.min], [0, 1, -7, 0, 1])
        try labels.write(to: scratch("tree/b"), runs: 3..<6)
        let ensemble = try Ensemble(opening: [scratch("tree")])
        #expect(ensemble.testLabels == [0, -1, 2, -1] && ensemble.trainLabels == [0, 1, -1, 0, 1])
        #expect(ensemble.unlabeled?.test == 2 && ensemble.unlabeled?.train == 1)
        #expect(ensemble.selecting(runs: 0..<2).unlabeled == ensemble.unlabeled)
        try whole.write(to: scratch("all"))
        #expect(try Ensemble(opening: [scratch("all")]).unlabeled == nil)
    }

    @Test func `labels of no example are no labels`() throws {
        let scratch = try Scratch()
        var labels = whole
        labels.labels = [-1, -1, -1, -1]
        try labels.write(to: scratch("runs"))
        let ensemble = try Ensemble(opening: [scratch("runs")])
        #expect(ensemble.testLabels == nil && ensemble.trainLabels == whole.trainLabels)
        #expect(ensemble.unlabeled?.test == 4 && ensemble.unlabeled?.train == 0)
    }

    @Test func `64 real runs in a PyTorch file, with labels at the root`() throws {
        let ensemble = try Ensemble(opening: [Fixtures.fashion])
        #expect(ensemble.test?.runs == 64 && ensemble.test?.examples == 500 && ensemble.test?.classes == 10)
        #expect(ensemble.train?.runs == 64 && ensemble.train?.examples == 2000)
        #expect(ensemble.testLabels?.count == 500 && ensemble.trainLabels?.count == 2000)
        #expect(ensemble.sources == ["\(Fixtures.fashion)/log.pt"])
    }
}
