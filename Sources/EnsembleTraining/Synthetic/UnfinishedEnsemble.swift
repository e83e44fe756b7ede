import ArrayFiles
import Ensembles
import Platform
import UserMessages

/// The four files of a `LatentFactorEnsemble` while ranks write their parts.
struct UnfinishedEnsemble: Sendable {
    /// The files of the test or of the training examples.
    private struct Files: Sendable {
        let logits, labels: NPYWriter
    }

    private let test, train: Files

    private static let names = (test: ("logits.npy", "labels.npy"), train: ("logits_train.npy", "labels_train.npy"))

    /// Creates the files and reserves their disk space, in one process.
    ///
    /// - Throws: `UserError` (64) if the folder has files of an ensemble or of an unfinished training, `ArrayFileError`
    ///   (73) if there is too little space; nothing is changed then.
    init(creatingIn folder: String, _ ensemble: LatentFactorEnsemble) throws {
        let (test, train) = Self.names
        for name in [test.0, test.1, train.0, train.1, "ensemble.json", "training.journal"] {
            guard FileSystem.kind(of: "\(folder)/\(name)") == nil else {
                throw UserError.usage("\(folder)/\(name) is there already: choose another folder")
            }
        }
        var created: [NPYWriter] = []
        func create(_ name: String, _ elementType: ElementType, _ shape: [Int]) throws -> NPYWriter {
            let writer = try NPYWriter(creating: "\(folder)/\(name)", elementType: elementType, shape: shape)
            created.append(writer)
            try writer.reserve()
            return writer
        }
        func files(_ names: (String, String), examples: Int) throws -> Files {
            Files(
                logits: try create(names.0, .float16, [ensemble.runs, examples, ensemble.classes]),
                labels: try create(names.1, .int32, [examples]))
        }
        do {
            self.test = try files(test, examples: ensemble.test)
            self.train = try files(train, examples: ensemble.train)
        } catch {
            for writer in created { writer.discard() }
            throw error
        }
    }

    /// Opens the files created by another process.
    ///
    /// - Throws: `ArrayFileError` if a file is missing, damaged or not writable.
    init(openingIn folder: String) throws {
        func files(_ names: (String, String)) throws -> Files {
            Files(
                logits: try NPYWriter(openingPartial: "\(folder)/\(names.0)"),
                labels: try NPYWriter(openingPartial: "\(folder)/\(names.1)"))
        }
        test = try files(Self.names.test)
        train = try files(Self.names.train)
    }

    private func files(of set: ExampleSet) -> Files { set == .test ? test : train }

    /// Writes the logits of one run for the examples of a block.
    func write(_ halves: [UInt16], run: Int, _ block: LatentFactorModel.Block) throws {
        let logits = files(of: block.set).logits
        let (examples, classes) = (logits.shape[1], logits.shape[2])
        try halves.withUnsafeBytes {
            try logits.write($0, atElement: (run * examples + block.examples.lowerBound) * classes)
        }
    }

    /// Writes the labels of a block.
    func writeLabels(_ block: LatentFactorModel.Block) throws {
        try files(of: block.set).labels.write(block.labels.span, at: block.examples.lowerBound)
    }

    /// Waits until the data written by this process has reached the disk.
    func synchronize() throws {
        for writer in all { try writer.synchronize() }
    }

    /// Gives the files their names, in one process: the test logits last, without which no command finds an ensemble.
    func commit() throws {
        for writer in all { try writer.commit() }
    }

    /// Removes the unfinished files.
    func discard() {
        for writer in all { writer.discard() }
    }

    private var all: [NPYWriter] { [test.labels, train.labels, train.logits, test.logits] }
}
