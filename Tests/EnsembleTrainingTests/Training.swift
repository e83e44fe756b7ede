import EnsembleTraining
import Foundation
import MessagePassing
import RandomStreams
import Testing
import TestSupport

/// A training of tiny networks in a folder of its own.
final class Training {
    /// What the training writes is in a folder that it makes itself.
    var folder: String { scratch("ensemble") }
    private let scratch: Scratch
    var dataset: Dataset
    var options = TrainingOptions()
    var targets: TrainingTargets?
    var threads = 2
    /// What the user was told.
    private(set) var remarks: [TrainingRemark] = []

    init() throws {
        scratch = try Scratch()
        dataset = .stripes()
        options.hidden = [8]
        options.epochs = 3
        options.batch = 16
        options.trainExamples = nil
    }

    @MainActor @discardableResult
    func train(_ runs: Int, progress: (Int, Int) -> Void = { _, _ in }) throws -> TrainingSummary {
        try NetworkEnsemble(dataset: dataset, targets: targets, options: options).train(
            runs: runs, into: folder, communicator: SharedSession.world(), threads: threads,
            remark: { remarks.append($0) }, progress: progress)
    }

    /// What is in the folder of `runs` runs made without interruption.
    @MainActor static func uninterrupted(_ runs: Int) throws -> [String: Data] {
        let training = try Training()
        try training.train(runs)
        return try training.contents()
    }

    /// How a training is refused.
    static func failure(of body: () throws -> Void) throws -> AgreedFailure {
        let failure = try refusal(AgreedFailure.self, of: body)
        return try #require(failure)
    }

    func contents() throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)"))) })
    }

    /// The contents of the folder whenever a run has been finished, as a crash at that moment would leave them.
    @MainActor func crashes(growingTo runs: Int) throws -> [(
        finished: Int, contents: [String: Data]
    )] {
        threads = 1
        var crashes: [(Int, [String: Data])] = []
        var failure: (any Error)?
        try train(runs) { _, _ in
            do {
                let contents = try self.contents()
                let lines = (contents["training.journal"] ?? Data()).split(separator: UInt8(ascii: "\n")).dropFirst()
                crashes.append((lines.count { $0.last != UInt8(ascii: " ") }, contents))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return crashes
    }

    func write(_ contents: [String: Data]) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, data) in contents { try data.write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
    }

    func remove(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }

    func rename(_ name: String, _ newName: String) throws {
        try FileManager.default.moveItem(atPath: "\(folder)/\(name)", toPath: "\(folder)/\(newName)")
    }

    /// What ensemble.json says.
    func record() throws -> Record {
        try JSONDecoder().decode(
            Record.self, from: Data(contentsOf: URL(fileURLWithPath: "\(folder)/ensemble.json")))
    }

    struct Record: Decodable {
        struct Run: Decodable {
            let run: Int
            let seed: UInt64
            let method: String
            let chain: Int
            let epochs: Int
            let epoch: Double
            let cost_epochs: Double
            let test_accuracy: Double
            let train_accuracy: Double
        }
        let runs: [Run]
    }
}

extension Dataset {
    /// 70 + 30 noisy images of 6 x 6 in three classes: bright upper, middle or lower rows.
    static func stripes(seed: UInt64 = 1) -> Dataset {
        var numbers = RandomNumbers(seed: seed, run: 0)
        func part(_ count: Int) -> Dataset.Split {
            let labels = (0..<count).map { Int32($0 % 3) }
            let images = labels.flatMap { label in
                (0..<36).map { UInt8(numbers.next(below: 128) + ($0 / 12 == Int(label) ? 60 : 0)) }
            }
            return Dataset.Split(images: images, labels: labels)
        }
        return Dataset(name: "stripes", imageShape: [6, 6], classes: 3, train: part(70), test: part(30))
    }
}
