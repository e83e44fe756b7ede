import ArrayFiles
import Ensembles
import Foundation

/// A seeded random ensemble, in memory, where a test may change it, and as files. Logits have the values that
/// `elementType` can hold; example `i` has the label `i % classes`.
public struct RandomEnsemble: Sendable, CustomStringConvertible {
    /// Its size.
    public let runs, test, train, classes: Int
    /// The type of the logits in files.
    public var elementType: ElementType
    /// Shape (R, T, C).
    public var logits: [Double]
    /// Shape (R, N, C).
    public var trainLogits: [Double]
    /// Of the test examples.
    public var labels: [Int]
    /// Of the training examples.
    public var trainLabels: [Int]

    /// The sizes alone: arguments of tests are printed.
    public var description: String { "\(runs) runs, \(test) x \(train), \(classes) classes, \(elementType.rawValue)" }

    /// Draws the logits.
    public init(
        runs: Int, test: Int, train: Int, classes: Int, elementType: ElementType = .float32, seed: UInt64 = 1
    ) {
        var numbers = SeededNumbers(seed: seed)
        func random(_ count: Int) -> [Double] {
            (0..<count).map { _ in
                let value = Double.random(in: -6...6, using: &numbers)
                return elementType == .float16 ? Double(Float16(value)) : Double(Float(value))
            }
        }
        (self.runs, self.test, self.train, self.classes) = (runs, test, train, classes)
        self.elementType = elementType
        logits = random(runs * test * classes)
        trainLogits = random(runs * train * classes)
        labels = (0..<test).map { $0 % classes }
        trainLabels = (0..<train).map { $0 % classes }
    }

    /// The same training examples with other test examples.
    public init(copy ensemble: RandomEnsemble, test logits: [Double], examples: Int) {
        self.init(
            runs: ensemble.runs, test: examples, train: ensemble.train, classes: ensemble.classes,
            elementType: ensemble.elementType)
        self.logits = logits
        trainLogits = ensemble.trainLogits
        trainLabels = ensemble.trainLabels
    }

    /// The same runs with some of the test examples only.
    public func keeping(test examples: [Int]) -> RandomEnsemble {
        var kept: [Double] = []
        for run in 0..<runs {
            for example in examples {
                let first = (run * test + example) * classes
                kept += logits[first..<first + classes]
            }
        }
        var ensemble = RandomEnsemble(copy: self, test: kept, examples: examples.count)
        ensemble.labels = examples.map { labels[$0] }
        return ensemble
    }

    /// Writes some of the runs, all by default, as a folder of `.npy` files.
    public func write(to folder: String, runs range: Range<Int>? = nil, labels withLabels: Bool = true) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let range = range ?? 0..<runs
        for (name, values, examples) in [("logits", logits, test), ("logits_train", trainLogits, train)] {
            let size = examples * classes
            try Self.write(
                Array(values[range.lowerBound * size..<range.upperBound * size]), elementType,
                shape: [range.count, examples, classes], to: "\(folder)/\(name).npy")
        }
        if withLabels { try writeLabels(to: folder) }
    }

    /// Writes the labels alone, however many there are: 64-bit integers, of training examples 32-bit ones.
    public func writeLabels(to folder: String) throws {
        try NPY.write(labels, shape: [labels.count], to: "\(folder)/labels.npy")
        try NPY.write(
            trainLabels.map { Int32($0) }, shape: [trainLabels.count], to: "\(folder)/labels_train.npy")
    }

    /// Writes values as an `.npy` file of one of numpy's floating-point types.
    public static func write(_ values: [Double], _ type: ElementType, shape: [Int], to path: String) throws {
        let writer = try NPYWriter(creating: path, elementType: type, shape: shape)
        switch type {
        case .float16: try values.map { Float16($0) }.withUnsafeBytes { try writer.write($0, atElement: 0) }
        case .float32: try values.map { Float($0) }.withUnsafeBytes { try writer.write($0, atElement: 0) }
        default: try values.withUnsafeBytes { try writer.write($0, atElement: 0) }
        }
        try writer.commit()
    }

    /// The ensemble, opened from files in `scratch`.
    public func opened(in scratch: Scratch, labels: Bool = true) throws -> Ensemble {
        try write(to: scratch("ensemble"), labels: labels)
        return try Ensemble(opening: [scratch("ensemble")])
    }
}
