import ArrayFiles
import Ensembles
import Platform
import UserMessages

/// The contents of `ensemble.json`: the recipe, and a row of an `EnsembleRecord` for each run.
struct TrainedEnsemble: Codable, Equatable, Sendable {
    /// The version of this file's format.
    var format: Int? = EnsembleRecord.format
    /// The recipe of the runs.
    let recipe: EnsembleRecipe
    /// The names of the classes; nil if they are unknown.
    let classNames: [String]?
    /// The runs, in the order of their logits.
    let runs: [EnsembleRecord.Run]

    /// The record of runs 0..<finished.count.
    init(recipe: EnsembleRecipe, classNames: [String], finished: [CorrectPredictions]) {
        let used = recipe.options.usedExamples(of: recipe.train).count
        // Passes over a part of the examples cost less.
        let share = recipe.options.draw.map { Double($0.size(of: used)) / Double(used) } ?? 1
        self.recipe = recipe
        self.classNames = classNames.isEmpty ? nil : classNames
        runs = finished.enumerated().map { run, correct in
            let options = recipe.options
            let (chain, sample) = run.quotientAndRemainder(dividingBy: options.samples)
            return EnsembleRecord.Run(
                run: run, seed: options.seed, method: options.method.name.rawValue, chain: chain,
                epochs: options.epochs,
                epoch: options.method.epoch(ofSample: sample, epochs: options.epochs),
                costEpochs: share * options.method.cost(ofSample: sample, epochs: options.epochs),
                testAccuracy: Double(correct.test) / Double(recipe.test),
                trainAccuracy: Double(correct.train) / Double(recipe.train))
        }
    }

    /// The numbers of correct predictions of the runs, without those of which the file does not have them.
    var finished: [CorrectPredictions] {
        runs.enumerated().compactMap { place, run in
            guard run.run == place, let test = run.testAccuracy, let train = run.trainAccuracy, 0...1 ~= test,
                0...1 ~= train
            else { return nil }
            return CorrectPredictions(
                test: Int((test * Double(recipe.test)).rounded()), train: Int((train * Double(recipe.train)).rounded()))
        }
    }

    /// Reads the file at `path`, which has the numbers of correct predictions of all runs; nil if there is none.
    ///
    /// - Throws: `UserError`: 65 if it is not a record of `train`, or of a later version;
    ///   `ArrayFileError` (74) if it cannot be read.
    static func read(_ path: String) throws -> TrainedEnsemble? {
        guard let contents = try FileSystem.contents(of: path) else { return nil }
        do {
            let record = try EnsembleRecord.decoder.decode(TrainedEnsemble.self, from: contents)
            try EnsembleRecord.requireKnown(record.format, path)
            guard record.recipe.test > 0, record.recipe.options.samples > 0, record.recipe.train > 0,
                record.finished.count == record.runs.count
            else { throw UserError.badData("\(path): its numbers are not those of a training") }
            return record
        } catch let error as DecodingError {
            throw UserError.badData("\(path): is not a record of training: \(error.reason)")
        }
    }

    /// Writes the record to `path`, atomically.
    ///
    /// - Throws: `ArrayFileError` (73).
    func write(_ path: String) throws {
        try AtomicFile.write(EnsembleRecord.encoder.encode(self) + Data("\n".utf8), to: path)
    }
}

extension DecodingError {
    /// A description of the error without the decoder's internals.
    var reason: String {
        switch self {
        case .keyNotFound(let key, _): return "there is no \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return context.debugDescription
        @unknown default:
            return "unknown contents"
        }
    }
}
