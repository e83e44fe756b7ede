import ArrayFiles
import Foundation
import UserMessages

/// A row of `ensemble.json` for each run of the logits beside it: how the run was made. Keys are in snake case.
///
/// `train` writes all of them. A file from elsewhere may have any of the optional ones.
package struct EnsembleRecord: Codable, Equatable, Sendable {
    /// One run.
    package struct Run: Codable, Equatable, Sendable {
        /// The place of the run along the first axis of the logits.
        package var run: Int?
        /// The seed of the ensemble, from which and from the chain's number that of the chain is derived.
        package var seed: UInt64?
        /// The name of the method by which the networks come to differ.
        package var method: String?
        /// The chain that the run is a sample of: runs of a chain are drawn one after the other, in the order of the
        /// runs.
        package var chain: Int?
        /// Passes over the training examples of an ordinary training.
        package var epochs: Int?
        /// Passes that the network of this run had behind it when the sample was taken.
        package var epoch: Double?
        /// Passes that the run cost once the earlier samples of its chain were there.
        package var costEpochs: Double?
        /// Share of the test examples that the stored logits get right.
        package var testAccuracy: Double?
        /// The same of the training examples.
        package var trainAccuracy: Double?

        /// A run of which everything is known.
        package init(
            run: Int, seed: UInt64, method: String, chain: Int, epochs: Int, epoch: Double, costEpochs: Double,
            testAccuracy: Double, trainAccuracy: Double
        ) {
            (self.run, self.seed, self.method, self.chain) = (run, seed, method, chain)
            (self.epochs, self.epoch, self.costEpochs) = (epochs, epoch, costEpochs)
            (self.testAccuracy, self.trainAccuracy) = (testAccuracy, trainAccuracy)
        }
    }

    /// The runs, in the order of their logits.
    package let runs: [Run]

    /// The record of the folder that holds a `logits.npy`; nil where there is none.
    ///
    /// - Throws: `ArrayFileError` (74) where it cannot be read, `UserError` (65) where it does not tell of these
    ///   logits.
    package init?(beside tensor: Tensor) throws {
        let logits = URL(fileURLWithPath: tensor.path)
        let path = logits.deletingLastPathComponent().appendingPathComponent(EnsembleLayout.record).relativePath
        guard logits.pathExtension == "npy", FileManager.default.fileExists(atPath: path) else { return nil }
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw ArrayFileError.unreadable(path, "is no readable file")
        }
        guard let record = try? Self.decoder.decode(EnsembleRecord.self, from: contents) else {
            throw UserError.badData("\(path): has no list of runs as train writes it")
        }
        guard record.runs.count == tensor.shape[0] else {
            throw UserError.badData("\(path): has \(record.runs.count) runs, but \(tensor.path) has \(tensor.shape[0])")
        }
        if let run = record.runs.firstIndex(where: { !(0...1e100).contains($0.costEpochs ?? 0) }) {
            throw UserError.badData("\(path): runs[\(run)].cost_epochs is not between 0 and 1e100")
        }
        self = record
    }

    /// Reads what ``encoder`` writes.
    package static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    /// Writes keys in snake case and alphabetical order.
    package static var encoder: JSONEncoder {
        let encoder = JSONEncoder.readable
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return encoder
    }
}
