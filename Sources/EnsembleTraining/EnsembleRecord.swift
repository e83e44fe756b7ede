import ArrayFiles
import Foundation

/// How the runs of an ensemble are made: all that must be the same for one run to belong beside another.
struct EnsembleRecipe: Codable, Equatable, Sendable {
    /// What the data set was asked for by. Not compared: what is in it is.
    let dataset: String
    /// Number of classes.
    let classes: Int
    /// The options, with the numbers of examples there really are.
    let options: TrainingOptions

    /// Number of test examples.
    var test: Int { options.testExamples ?? 0 }
    /// Number of training examples.
    var train: Int { options.trainExamples ?? 0 }

    /// The recipe of training on `dataset`, of which all examples are used.
    init(dataset: Dataset, options: TrainingOptions) {
        var options = options
        options.trainExamples = dataset.train.count
        options.testExamples = dataset.test.count
        self.dataset = dataset.name
        self.classes = dataset.classes
        self.options = options
    }

    /// The first option that is not what it was for the runs in `folder`, as an error (64) that names it.
    func requireSame(as earlier: EnsembleRecipe, in folder: String) throws {
        func compare<Value: Equatable>(_ option: String, _ value: (EnsembleRecipe) -> Value) throws {
            let (was, now) = (value(earlier), value(self))
            if was != now {
                throw TrainingError.usage(
                    "\(folder) holds runs made with \(option) \(was), not \(now): "
                        + "choose another folder or the same options"
                )
            }
        }
        try compare("method") { $0.options.method }
        try compare("samples") { $0.options.samples }
        try compare("seed") { $0.options.seed }
        try compare("hidden") { $0.options.hidden.map(String.init).joined(separator: ",") }
        try compare("epochs") { $0.options.epochs }
        try compare("batch") { $0.options.batch }
        try compare("learning rate") { $0.options.learningRate }
        try compare("momentum") { $0.options.momentum }
        try compare("weight decay") { $0.options.weightDecay }
        try compare("train examples") { $0.train }
        try compare("test examples") { $0.test }
        try compare("classes") { $0.classes }
    }
}

/// The contents of `ensemble.json`: the recipe and a row a run.
struct EnsembleRecord: Codable, Equatable, Sendable {
    /// One run.
    struct Run: Codable, Equatable, Sendable {
        /// Its number: its place along the first axis of the logits.
        let run: Int
        /// The seed of the ensemble, from which and from the chain's number that of the chain is derived.
        let seed: UInt64
        /// The name of the method by which the networks come to differ.
        let method: String
        /// The chain that the run is a sample of: runs of a chain are drawn one after the other, in the order of the runs.
        let chain: Int
        /// Passes over the training examples of an ordinary training.
        let epochs: Int
        /// Passes that the network of this run had behind it when the sample was taken.
        let epoch: Double
        /// Passes that the run cost once the earlier samples of its chain were there.
        let costEpochs: Double
        /// Share of the test examples that the stored logits get right.
        let testAccuracy: Double
        /// The same of the training examples.
        let trainAccuracy: Double
    }

    /// How the runs were made.
    let recipe: EnsembleRecipe
    /// The runs, in the order of their logits.
    let runs: [Run]

    /// The record of runs 0..<finished.count.
    init(recipe: EnsembleRecipe, finished: [CorrectAnswers]) {
        self.recipe = recipe
        runs = finished.enumerated().map { run, correct in
            let options = recipe.options
            let (chain, sample) = run.quotientAndRemainder(dividingBy: options.samples)
            return Run(
                run: run, seed: options.seed, method: options.method.name.rawValue, chain: chain,
                epochs: options.epochs,
                epoch: options.method.epoch(ofSample: sample, epochs: options.epochs),
                costEpochs: options.method.cost(ofSample: sample, epochs: options.epochs),
                testAccuracy: Double(correct.test) / Double(recipe.test),
                trainAccuracy: Double(correct.train) / Double(recipe.train))
        }
    }

    /// Right answers of every run.
    var finished: [CorrectAnswers] {
        runs.map { run in
            CorrectAnswers(
                test: Int((run.testAccuracy * Double(recipe.test)).rounded()),
                train: Int((run.trainAccuracy * Double(recipe.train)).rounded()))
        }
    }

    /// The record in the file at `path`; nil if there is none.
    static func read(_ path: String) throws -> EnsembleRecord? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            let record = try decoder.decode(EnsembleRecord.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
            let isSound =
                record.recipe.test > 0 && record.recipe.options.samples > 0 && record.recipe.train > 0
                && record.runs.map(\.run) == Array(record.runs.indices)
                && record.runs.allSatisfy { 0...1 ~= $0.testAccuracy && 0...1 ~= $0.trainAccuracy }
            guard isSound else { throw TrainingError.badData("\(path): its numbers are not those of a training") }
            return record
        } catch let error as TrainingError {
            throw error
        } catch let error as DecodingError {
            throw TrainingError.badData("\(path): is not a record of training: \(error.reason)")
        } catch {
            throw TrainingError.cannotRead("\(path): \(error.localizedDescription)")
        }
    }

    /// Writes the record to `path`, atomically.
    func write(_ path: String) throws {
        let encoder = JSONEncoder.readable
        encoder.keyEncodingStrategy = .convertToSnakeCase
        try AtomicFile.write(encoder.encode(self) + Data("\n".utf8), to: path)
    }
}

extension DecodingError {
    /// What is wrong, without the decoder's own paraphernalia.
    var reason: String {
        switch self {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
            .dataCorrupted(let context):
            return context.debugDescription
        @unknown default:
            return "unknown contents"
        }
    }
}
