import ArrayFiles
import Ensembles
import Foundation
import UserMessages

/// The folder of an ensemble on the disk, which survives a crash at any moment.
///
/// While runs are made, the logits of all of them have their places in `logits.npy.partial` and
/// `logits_train.npy.partial`, and `training.journal` records which are complete. When none is missing, `commit` gives
/// `logits_train.npy`, `logits.npy` and `ensemble.json` their names, in this order, and removes the journal; if
/// interrupted anywhere, it can be repeated. An existing ensemble stays as it is until then.
struct EnsembleFolder: Sendable {
    /// The work to be done in the folder.
    struct Plan: Equatable, Sendable {
        /// Number of runs in the folder when the work is done.
        let runs: Int
        /// The numbers of correct predictions of the runs on the disk; nil for runs to be made.
        var finished: [CorrectPredictions?]
        /// Whether there is a journal, so that a `commit` will follow.
        let isInProgress: Bool

        /// The runs to be made, in ascending order.
        var missing: [Int] { finished.indices.filter { finished[$0] == nil } }
    }

    /// The path of the folder.
    let path: String
    /// The recipe of the runs.
    let recipe: EnsembleRecipe
    /// The names of the classes; empty if they are unknown.
    let classNames: [String]

    private var testLogits: String { EnsembleLayout.file(EnsembleLayout.logits, in: path) }
    private var trainLogits: String { EnsembleLayout.file(EnsembleLayout.logitsTrain, in: path) }
    private var recordFile: String { "\(path)/\(EnsembleLayout.record)" }
    /// The path of the journal, which exists while runs are being made.
    var journalFile: String { path + "/training.journal" }

    private func testShape(_ runs: Int) -> [Int] { [runs, recipe.test, recipe.classes] }
    private func trainShape(_ runs: Int) -> [Int] { [runs, recipe.train, recipe.classes] }

    /// Prepares the folder for `runs` runs, in one process: resumes an unfinished earlier training, or reserves the
    /// disk space of all runs and copies the existing ones.
    ///
    /// - Throws: ``TrainingOptionError`` if the folder holds runs of another recipe, `UserError` (64) if it holds
    ///   anything else, `ArrayFileError` (73) if there is not enough space; the contents of the folder are intact then.
    func prepare(runs: Int, dataset: Dataset) throws -> Plan {
        // A journal without runs, for instance of a training that diverged at once, is nothing to resume from.
        if let journal = try TrainingJournal(journalFile), journal.finished.contains(where: { $0 != nil }) {
            return try resume(journal, runs: runs, dataset: dataset)
        }
        guard let record = try TrainedEnsemble.read(recordFile) else {
            if let foreign = [testLogits, trainLogits].first(where: exists) {
                throw UserError.usage("\(foreign) was not made by train: choose another folder")
            }
            return try begin(runs: runs, keeping: [], dataset: dataset)
        }
        try recipe.requireSame(as: record.recipe, in: path)
        guard record.finished.count < runs else {
            try requireOrWrite(dataset)
            return Plan(runs: record.finished.count, finished: record.finished, isInProgress: false)
        }
        return try begin(runs: runs, keeping: record.finished, dataset: dataset)
    }

    private func resume(_ journal: TrainingJournal, runs: Int, dataset: Dataset) throws -> Plan {
        try recipe.requireSame(as: journal.head.recipe, in: path)
        try requireOrWrite(dataset)
        guard runs >= journal.head.runs else {
            throw UserError.usage(
                "\(path) holds an unfinished training of \(journal.head.runs) runs, not \(runs): "
                    + "ask for as many, or remove \(journalFile) to give its unfinished runs up")
        }
        let isWhole = !journal.finished.contains(nil)
        for (file, shape) in [
            (testLogits, testShape(journal.head.runs)), (trainLogits, trainShape(journal.head.runs)),
        ] {
            // An interrupted commit has given some of the files their names.
            let hasName = try isWhole && !exists(partial(file)) && hasShape(shape, file)
            guard try hasName || hasShape(shape, partial(file)) else {
                throw UserError.badData(
                    "\(partial(file)): is not what \(journalFile) tells of; remove that to begin again")
            }
        }
        return Plan(runs: journal.head.runs, finished: journal.finished, isInProgress: true)
    }

    private func begin(runs: Int, keeping finished: [CorrectPredictions], dataset: Dataset) throws -> Plan {
        try requireOrWrite(dataset)
        var created: [NPYWriter] = []
        do {
            for (file, shape) in [(testLogits, testShape), (trainLogits, trainShape)] {
                let writer = try NPYWriter(creating: file, elementType: .float16, shape: shape(runs))
                created.append(writer)
                try writer.reserve()
                if !finished.isEmpty { try copy(file, shape(finished.count), into: writer) }
                try writer.synchronize()
            }
            let plan = Plan(
                runs: runs, finished: finished + Array(repeating: nil, count: runs - finished.count),
                isInProgress: true)
            try TrainingJournal(recipe: recipe, finished: plan.finished).write(journalFile)
            return plan
        } catch {
            for writer in created { writer.discard() }
            throw error
        }
    }

    private func copy(_ file: String, _ shape: [Int], into writer: NPYWriter) throws {
        guard let tensor = try ArrayFile.open(file).first, tensor.elementType == .float16, tensor.shape == shape else {
            throw UserError.badData("\(file): is not what \(recordFile) tells of")
        }
        for run in 0..<shape[0] {
            try tensor[run].withContiguousBytes { try writer.write($0, atElement: run * shape[1] * shape[2]) }
        }
    }

    /// Opens the two files of logits for writing runs, in any process after `prepare`.
    ///
    /// - Throws: `ArrayFileError` if a file is missing, damaged or not writable.
    func openLogits() throws -> UnfinishedLogits {
        UnfinishedLogits(
            test: try NPYWriter(openingPartial: testLogits), train: try NPYWriter(openingPartial: trainLogits))
    }

    /// Writes the outputs of the first run's last hidden layer, float32 of shape (M, D); nothing for other runs.
    ///
    /// - Throws: `ArrayFileError` (73).
    func writeFeatures(of run: RunLogits) throws {
        guard let features = run.features else { return }
        for (name, values, examples) in [
            (EnsembleLayout.features, features.test, recipe.test),
            (EnsembleLayout.featuresTrain, features.train, recipe.train),
        ] {
            let file = EnsembleLayout.file(name, in: path)
            try NPY.write(values, shape: [examples, values.count / examples], to: file)
        }
    }

    /// Makes the finished runs the ensemble of the folder, in one process, when no run is missing.
    ///
    /// - Throws: `ArrayFileError` (73) if a file cannot be written or removed.
    func commit(_ finished: [CorrectPredictions]) throws {
        for file in [trainLogits, testLogits] where exists(partial(file)) {
            try NPYWriter(openingPartial: file).commit()
        }
        try TrainedEnsemble(recipe: recipe, classNames: classNames, finished: finished).write(recordFile)
        guard unlink(journalFile) == 0 else { throw ArrayFileError.writing(journalFile, errno: errno) }
    }

    /// Writes labels and images if they are missing; existing ones must be those of the data set.
    private func requireOrWrite(_ dataset: Dataset) throws {
        for (split, labels, images) in [
            (dataset.test, EnsembleLayout.labels, EnsembleLayout.images),
            (dataset.train, EnsembleLayout.labelsTrain, EnsembleLayout.imagesTrain),
        ] {
            try requireOrWrite(split.labels, [split.count], labels, dataset)
            try requireOrWrite(split.images, [split.count] + dataset.imageShape, images, dataset)
        }
    }

    private func requireOrWrite<Element: TensorElement>(
        _ elements: [Element], _ shape: [Int], _ name: String, _ dataset: Dataset
    ) throws {
        let file = EnsembleLayout.file(name, in: path)
        guard exists(file) else { return try NPY.write(elements, shape: shape, to: file) }
        let isSame =
            try hasShape(shape, file, Element.elementType)
            && ArrayFile.open(file)[0].withContiguousBytes {
                stored in elements.withUnsafeBytes { stored.elementsEqual($0) }
            }
        guard isSame else {
            throw UserError.usage("\(file) is not of the dataset \(dataset.name): choose another folder")
        }
    }

    private func partial(_ file: String) -> String { file + AtomicFile.partialSuffix }

    private func exists(_ file: String) -> Bool { FileSystem.kind(of: file) != nil }

    private func hasShape(_ shape: [Int], _ file: String, _ elementType: ElementType = .float16) throws -> Bool {
        guard exists(file), let tensor = try ArrayFile.open(file).first else { return false }
        return tensor.shape == shape && tensor.elementType == elementType
    }
}

/// The two files into which the logits of runs are written as they are made.
struct UnfinishedLogits {
    fileprivate let test: NPYWriter
    fileprivate let train: NPYWriter

    /// Writes each run to its position; returns when all of them have reached the disk.
    ///
    /// - Throws: `ArrayFileError` (73).
    func write(_ runs: [RunLogits]) throws {
        for run in runs {
            try run.test.withUnsafeBytes { try test.write($0, atElement: run.run * run.test.count) }
            try run.train.withUnsafeBytes { try train.write($0, atElement: run.run * run.train.count) }
        }
        guard !runs.isEmpty else { return }
        try test.synchronize()
        try train.synchronize()
    }
}
