import ArrayFiles
import Foundation

/// A seeded random ensemble, small enough to damage by hand.
struct SmallEnsemble {
    let runs, test, train, classes: Int
    var logits: [Float]
    var trainLogits: [Float]
    var labels: [Int]
    var trainLabels: [Int]

    init(runs: Int, test: Int, train: Int, classes: Int, seed: UInt64 = 1) throws {
        var state = seed
        func next() -> Float {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float(state >> 40) / Float(1 << 24) * 8 - 4
        }
        (self.runs, self.test, self.train, self.classes) = (runs, test, train, classes)
        logits = (0..<runs * test * classes).map { _ in next() }
        trainLogits = (0..<runs * train * classes).map { _ in next() }
        labels = (0..<test).map { $0 % classes }
        trainLabels = (0..<train).map { $0 % classes }
    }

    /// Writes it as a folder of .npy files.
    func write(to folder: String, labels withLabels: Bool = true) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try NPY.write(logits, shape: [runs, test, classes], to: "\(folder)/logits.npy")
        try NPY.write(trainLogits, shape: [runs, train, classes], to: "\(folder)/logits_train.npy")
        guard withLabels else { return }
        try NPY.write(labels, shape: [labels.count], to: "\(folder)/labels.npy")
        try NPY.write(trainLabels, shape: [trainLabels.count], to: "\(folder)/labels_train.npy")
    }
}
