import ArrayFiles
import Ensembles
import Foundation
import Testing
import TestSupport
import UserMessages

struct BadEnsembleTests {
    private let good = RandomEnsemble(runs: 4, test: 4, train: 5, classes: 3)
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Expects that opening fails with a code, in one line that says all of `mentions`.
    private func expectFailure(
        _ code: Int32, _ mentions: String..., opening paths: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) {
            try Ensemble(opening: paths.map { scratch($0) })
        }
        guard let error else { return }
        let line = String(describing: error)
        #expect((error as? any ExitCoded)?.exitCode.rawValue == code, "\(line)", sourceLocation: sourceLocation)
        #expect(!line.contains("\n"), sourceLocation: sourceLocation)
        for text in mentions { #expect(line.contains(text), "\(line)", sourceLocation: sourceLocation) }
    }

    @Test func `what is not there`() throws {
        expectFailure(66, scratch("nothing"), "no such file", opening: ["nothing"])
        try good.write(to: scratch("good"))
        expectFailure(66, scratch("good/runs.pt"), "no such file", opening: ["good", "good/runs.pt"])
    }

    @Test func `a folder without logits`() throws {
        try FileManager.default.createDirectory(atPath: scratch("empty/below"), withIntermediateDirectories: true)
        expectFailure(66, scratch("empty"), "no logits in this folder", opening: ["empty"])
        try good.writeLabels(to: scratch("empty"))
        expectFailure(66, scratch("empty"), "no logits in this folder", opening: ["empty"])
    }

    @Test func `a file without logits`() throws {
        try good.writeLabels(to: scratch.path)
        expectFailure(65, scratch("labels.npy"), "no logits", "labels int64 (4,)", opening: ["labels.npy"])
        try good.write(to: scratch("good"))
        try NPY.write([1, 2, 3], shape: [3], to: scratch("epochs.npy"))
        expectFailure(65, "epochs.npy: no logits", "epochs int64 (3,)", opening: ["good", "epochs.npy"])
    }

    @Test func `a part that lacks what the others have`() throws {
        try good.write(to: scratch("tree/a"))
        try good.write(to: scratch("tree/b"))
        try FileManager.default.removeItem(atPath: scratch("tree/b/logits_train.npy"))
        expectFailure(
            65, "tree/b/logits.npy: no training logits for this run", "tree/a/logits_train.npy", opening: ["tree"])
    }

    @Test func `parts that disagree on the examples or classes`() throws {
        try good.write(to: scratch("a"))
        let other = [
            ("test", RandomEnsemble(runs: 4, test: 3, train: 5, classes: 3), "logits has 3 examples and 3 classes"),
            ("train", RandomEnsemble(runs: 4, test: 4, train: 6, classes: 3), "logits_train has 6 examples"),
            ("classes", RandomEnsemble(runs: 4, test: 4, train: 5, classes: 2), "logits has 4 examples and 2 classes"),
        ]
        for (name, ensemble, message) in other {
            try ensemble.write(to: scratch(name))
            expectFailure(65, scratch(name), message, scratch("a"), opening: ["a", name])
        }
    }

    @Test func `test and train logits of other runs or classes`() throws {
        try good.write(to: scratch("a"))
        try RandomEnsemble.write(
            Array(good.logits.prefix(3 * 4 * 3)), .float32, shape: [3, 4, 3], to: scratch("a/logits.npy"))
        expectFailure(65, "\(scratch("a"))/logits.npy: logits has 3 runs", "logits_train.npy has 4", opening: ["a"])
        // The other way round in another part: the sums agree, the runs do not.
        try good.write(to: scratch("b"))
        try RandomEnsemble.write(
            Array(good.trainLogits.prefix(3 * 5 * 3)), .float32, shape: [3, 5, 3], to: scratch("b/logits_train.npy"))
        expectFailure(65, "\(scratch("a"))/logits.npy: logits has 3 runs", opening: ["a", "b"])

        try good.write(to: scratch("c"))
        try RandomEnsemble.write(
            [Double](repeating: 1, count: 4 * 5 * 2), .float32, shape: [4, 5, 2], to: scratch("c/logits_train.npy"))
        expectFailure(65, "\(scratch("c"))/logits.npy: logits has 4 runs and 3 classes", "has 4 and 2", opening: ["c"])
    }

    @Test func `logits of a wrong shape or type`() throws {
        let shapes = [[48], [2, 2, 4, 3], [0, 4, 3], [4, 0, 3], [4, 4, 0]]
        for (number, shape) in shapes.enumerated() {
            try good.write(to: scratch("\(number)"))
            let values = [Double](repeating: 1, count: shape.reduce(1, *))
            try RandomEnsemble.write(values, .float32, shape: shape, to: scratch("\(number)/logits.npy"))
            expectFailure(65, "logits.npy: logits has shape (\(shape[0]),", "expected (runs,", opening: ["\(number)"])
        }
        try good.write(to: scratch("flat"))
        try RandomEnsemble.write(
            [Double](repeating: 1, count: 48), .float32, shape: [4, 12], to: scratch("flat/logits.npy"))
        expectFailure(65, "logits.npy: logits has 1 run and 12 classes", "has 4 and 3", opening: ["flat"])
        try good.write(to: scratch("integers"))
        try NPY.write([Int32](repeating: 1, count: 48), shape: [4, 4, 3], to: scratch("integers/logits.npy"))
        expectFailure(65, "logits.npy: logits holds int32, expected float16", opening: ["integers"])
    }

    @Test func `labels of a wrong count, class, shape or type`() throws {
        try good.write(to: scratch("a"))
        try NPY.write([0, 1, 2], shape: [3], to: scratch("a/labels.npy"))
        expectFailure(65, "labels.npy: labels has 3 labels", "4 examples", opening: ["a"])
        try NPY.write([0, 1, 3, 2], shape: [4], to: scratch("a/labels.npy"))
        expectFailure(65, "labels.npy: labels[2] is 3, not a class (0 to 2)", opening: ["a"])
        try NPY.write([2, -1, 3, 1], shape: [4], to: scratch("a/labels.npy"))
        expectFailure(65, "labels[2] is 3", "labels seem to count from 1; subtract 1", opening: ["a"])
        try NPY.write([0, 1, 2, 0], shape: [2, 2], to: scratch("a/labels.npy"))
        expectFailure(65, "labels.npy: labels has shape (2, 2)", "one label an example", opening: ["a"])
        try NPY.write([0, 1, 2, 0.5] as [Float], shape: [4], to: scratch("a/labels.npy"))
        expectFailure(65, "labels.npy: labels[3] is 0.5, not a whole number", opening: ["a"])

        try good.writeLabels(to: scratch("a"))
        try NPY.write([0, 1, 2, 0, 3], shape: [5], to: scratch("a/labels_train.npy"))
        expectFailure(65, "labels_train.npy: labels_train[4] is 3", opening: ["a"])
    }

    @Test func `labels that disagree`() throws {
        try good.write(to: scratch("tree/a"))
        try good.write(to: scratch("tree/b"))
        var labels = good.labels
        labels[2] = (labels[2] + 1) % 3
        try NPY.write(labels, shape: [4], to: scratch("tree/b/labels.npy"))
        expectFailure(
            65, "tree/b/labels.npy: labels[2] is \(labels[2])", "tree/a/labels.npy: labels has \(good.labels[2])",
            opening: ["tree"])
    }

    @Test func `labels given apart are checked and named by their source`() throws {
        try good.write(to: scratch("a"))
        let error = #expect(throws: UserError.self) {
            try Ensemble(opening: [scratch("a")], testLabels: Labels([0, 1], source: "mine.npy"))
        }
        #expect(error?.exitCode.rawValue == 65)
        #expect(error?.description == "mine.npy has 2 labels, but the logits have 4 examples")
    }
}
