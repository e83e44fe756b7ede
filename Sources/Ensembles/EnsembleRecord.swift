import ArrayFiles
import Platform
import UserMessages

/// The contents of `ensemble.json`: a row for each run of the logits beside it, which describes how the run was made.
/// Keys are in snake case.
///
/// `train` writes all of them. Files from elsewhere may lack any of the optional keys. The file also has `class_names`
/// where they are known, which ``classNames(beside:)`` reads.
package struct EnsembleRecord: Codable, Equatable, Sendable {
    /// One run.
    package struct Run: Codable, Equatable, Sendable {
        /// The index of the run along the first axis of the logits.
        package var run: Int?
        /// The seed of the ensemble, from which the seed of each chain is derived with the chain's number.
        package var seed: UInt64?
        /// The name of the method by which the networks come to differ.
        package var method: String?
        /// The chain from which the run was sampled: the runs of a chain are drawn one after the other, in the order of
        /// the runs.
        package var chain: Int?
        /// Passes over the training examples of an ordinary training.
        package var epochs: Int?
        /// Passes over the training examples completed by this run's network when the sample was taken.
        package var epoch: Double?
        /// Passes that the run cost in addition to those of the earlier samples of its chain.
        package var costEpochs: Double?
        /// The position of the run's network on the line between two others, from 0 to 1; nil where it is on none.
        package var position: Double?
        /// Accuracy of the stored logits on the test examples.
        package var testAccuracy: Double?
        /// Accuracy of the stored logits on the training examples.
        package var trainAccuracy: Double?

        /// A network on the line between two others.
        package init(run: Int, position: Double) { (self.run, self.position) = (run, position) }

        /// A run of a training, with all its keys.
        package init(
            run: Int, seed: UInt64, method: String, chain: Int, epochs: Int, epoch: Double, costEpochs: Double,
            testAccuracy: Double, trainAccuracy: Double
        ) {
            (self.run, self.seed, self.method, self.chain) = (run, seed, method, chain)
            (self.epochs, self.epoch, self.costEpochs) = (epochs, epoch, costEpochs)
            (self.testAccuracy, self.trainAccuracy) = (testAccuracy, trainAccuracy)
        }
    }

    /// The version of the format of `ensemble.json`; those of earlier versions have none.
    package static let format = 1

    /// The version of the file's format.
    package var format: Int?
    /// The runs, in the order of their logits.
    package let runs: [Run]

    /// Reads the record in the folder of a `logits.npy` file; nil if there is none.
    ///
    /// - Throws: `ArrayFileError` (74) if it cannot be read, `UserError` (65) if it does not describe these logits.
    package init?(beside tensor: Tensor) throws {
        let path = Self.path(beside: tensor.path)
        guard tensor.path.hasSuffix(".npy"), let contents = try FileSystem.contents(of: path) else { return nil }
        guard let record = try? Self.decoder.decode(EnsembleRecord.self, from: contents) else {
            throw UserError.badData("\(path): has no list of runs in the form that train writes")
        }
        try Self.requireKnown(record.format, path)
        guard record.runs.count == tensor.shape[0] else {
            throw UserError.badData("\(path): has \(record.runs.count) runs, but \(tensor.path) has \(tensor.shape[0])")
        }
        if let run = record.runs.firstIndex(where: { !(0...1e100).contains($0.costEpochs ?? 0) }) {
            throw UserError.badData("\(path): runs[\(run)].cost_epochs is not between 0 and 1e100")
        }
        self = record
    }

    /// The names of the classes, fit for a terminal, in the record in the folder of a file of logits; empty if there
    /// is no record, or none with names.
    ///
    /// - Throws: `ArrayFileError` (74) if the record cannot be read.
    package static func classNames(beside logits: String) throws -> [String] {
        struct Names: Decodable { let classNames: [String]? }
        guard let contents = try FileSystem.contents(of: path(beside: logits)) else { return [] }
        // A record of something else than runs may be called so, too: it names no classes.
        return ClassNames.readable((try? decoder.decode(Names.self, from: contents).classNames) ?? [])
    }

    /// The path of the record in the folder of a file.
    private static func path(beside file: String) -> String {
        URL(fileURLWithPath: file).deletingLastPathComponent().appendingPathComponent(EnsembleLayout.record)
            .relativePath
    }

    /// - Throws: `UserError` (65) where a file is of a later version.
    package static func requireKnown(_ format: Int?, _ path: String) throws {
        guard format ?? 0 <= Self.format else {
            throw UserError.badData(
                "\(path): is in format \(format ?? 0); this version of the program knows \(Self.format)")
        }
    }

    /// A decoder of the output of ``encoder``.
    package static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    /// An encoder that writes keys in snake case and in alphabetical order.
    package static var encoder: JSONEncoder {
        let encoder = JSONEncoder.readable
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return encoder
    }
}
