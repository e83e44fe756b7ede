import ArrayFiles
import Ensembles
import ParallelRanges
import Platform
import Synchronization
import UserMessages

/// The folder of an ensemble on the disk, which survives a crash at any moment.
///
/// While runs are made, the logits of all of them have their places in `logits.npy.partial` and
/// `logits_train.npy.partial`, and `training.journal` records which are complete, with checksums by which a later
/// training verifies them. When none is missing, `commit` gives `logits_train.npy`, `logits.npy` and `ensemble.json`
/// their names, in this order, and removes the journal; if interrupted anywhere, it can be repeated. An existing
/// ensemble stays as it is until then.
struct EnsembleFolder: Sendable {
    /// The work to be done in the folder.
    struct Plan: Equatable, Sendable {
        /// Number of runs in the folder when the work is done.
        let runs: Int
        /// The numbers of correct predictions of the runs on the disk; nil for runs to be made.
        var finished: [CorrectPredictions?]
        /// What there was, and what is to follow.
        let state: State

        /// The state of a folder's work.
        enum State: Int, Sendable {
            /// All is done.
            case complete
            /// The work begins: the finished runs are those of the ensemble that was there.
            case begun
            /// The work of an earlier training goes on: its finished runs are to be verified.
            case resumed
        }

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
        if let journal = try TrainingJournal(journalFile), !journal.recorded.isEmpty {
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
            return Plan(runs: record.finished.count, finished: record.finished, state: .complete)
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
        for (file, shape) in [
            (testLogits, testShape(journal.head.runs)), (trainLogits, trainShape(journal.head.runs)),
        ] {
            do {
                // An interrupted commit has given it its name, which it loses again: it may be damaged.
                if try !exists(partial(file)) && hasShape(shape, file), rename(file, partial(file)) != 0 {
                    throw ArrayFileError.writing(file, errno: errno)
                }
                _ = try NPYWriter(resuming: file, elementType: .float16, shape: shape)
            } catch let error as ArrayFileError where [.malformed, .notFound].contains(error.kind) {
                throw UserError.badData(
                    "\(partial(file)): is not what \(journalFile) describes; remove that file to start over")
            }
        }
        return Plan(runs: journal.head.runs, finished: journal.finished.map { $0?.correct }, state: .resumed)
    }

    private func begin(runs: Int, keeping finished: [CorrectPredictions], dataset: Dataset) throws -> Plan {
        try requireOrWrite(dataset)
        var created: [NPYWriter] = []
        do {
            var checksums: [[UInt32]] = []
            for (file, shape) in [(testLogits, testShape), (trainLogits, trainShape)] {
                let writer = try NPYWriter(creating: file, elementType: .float16, shape: shape(runs))
                created.append(writer)
                try writer.reserve()
                checksums.append(finished.isEmpty ? [] : try copy(file, shape(finished.count), into: writer))
                try writer.synchronize()
            }
            let kept = try finished.indices.map { run in
                FinishedRun(
                    correct: finished[run],
                    checksums: RunChecksums(
                        test: checksums[0][run], train: checksums[1][run], features: try featuresChecksum(ofRun: run)))
            }
            let missing = runs - kept.count
            try TrainingJournal(recipe: recipe, finished: kept + Array(repeating: nil, count: missing))
                .write(journalFile)
            return Plan(runs: runs, finished: finished + Array(repeating: nil, count: missing), state: .begun)
        } catch {
            for writer in created { writer.discard() }
            throw error
        }
    }

    /// Copies the runs of a finished file; returns the checksums of what was read.
    private func copy(_ file: String, _ shape: [Int], into writer: NPYWriter) throws -> [UInt32] {
        guard let tensor = try ArrayFile.open(file).first, tensor.elementType == .float16, tensor.shape == shape else {
            throw UserError.badData("\(file): is not what \(recordFile) describes")
        }
        return try (0..<shape[0]).map { run in
            try tensor[run].withContiguousBytes { bytes in
                try writer.write(bytes, atElement: run * shape[1] * shape[2])
                return CRC32.of(bytes)
            }
        }
    }

    /// Opens the two files of logits for writing runs, in any process after `prepare`.
    ///
    /// - Throws: `ArrayFileError` if a file is missing, damaged or not writable.
    func openLogits() throws -> UnfinishedLogits {
        UnfinishedLogits(
            test: try NPYWriter(openingPartial: testLogits), train: try NPYWriter(openingPartial: trainLogits))
    }

    /// Reads the runs of an earlier training back, a part of them in each of several processes after `prepare`.
    ///
    /// - Returns: The numbers of those that are not as they were written, or whose line in the journal is damaged; in
    ///   any order.
    /// - Throws: `UserError` or `ArrayFileError` if a file is missing or cannot be read.
    func damagedRuns(inPart part: Int, of parts: Int, threads: Int) throws -> [Int] {
        let (journal, logits) = (try TrainingJournal(existing: journalFile), try openLogits())
        let own = Array(journal.recorded[Partition(journal.recorded.count, parts).range(of: part)])
        let damaged = Mutex<[Int]>([])
        try concurrently(over: own.count, threads: threads) { share in
            for run in own[share] {
                let (test, train) = try logits.checksums(ofRun: run)
                let found = RunChecksums(test: test, train: train, features: try featuresChecksum(ofRun: run))
                if found != journal.finished[run]?.checksums { damaged.withLock { $0.append(run) } }
            }
        }
        return damaged.withLock { $0 }
    }

    /// Writes the outputs of the first run's last hidden layer, float32 of shape (M, D); nothing for other runs.
    ///
    /// - Returns: The run as it is to be recorded, once its logits are on the disk, too.
    /// - Throws: `ArrayFileError` (73).
    func writeFeatures(of run: RunLogits) throws -> FinishedRun {
        if let features = run.features {
            let sets = [(features.test, recipe.test), (features.train, recipe.train)]
            for (file, (values, examples)) in zip(featuresFiles, sets) {
                try NPY.write(values, shape: [examples, values.count / examples], to: file)
            }
        }
        return FinishedRun(
            correct: run.correct,
            checksums: RunChecksums(
                test: CRC32.of(run.test), train: CRC32.of(run.train), features: try featuresChecksum(ofRun: run.run)))
    }

    private var featuresFiles: [String] {
        [EnsembleLayout.features, EnsembleLayout.featuresTrain].map { EnsembleLayout.file($0, in: path) }
    }

    /// The checksum of the two files of features as they are on the disk, for the first run; 0 for other runs.
    ///
    /// - Throws: `ArrayFileError` (74).
    private func featuresChecksum(ofRun run: Int) throws -> UInt32 {
        guard run == 0 else { return 0 }
        return CRC32.of(
            try featuresFiles.filter(exists).map { file in
                let file = try MappedFile(file)
                return try file.withBytes(0..<file.byteCount) { CRC32.of($0) }
            })
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
struct UnfinishedLogits: Sendable {
    fileprivate let test: NPYWriter
    fileprivate let train: NPYWriter

    /// The CRC-32 of a run's logits as they are in the two files now.
    ///
    /// - Throws: `ArrayFileError` (74).
    func checksums(ofRun run: Int) throws -> (test: UInt32, train: UInt32) {
        func checksum(_ file: NPYWriter) throws -> UInt32 {
            let count = file.shape[1] * file.shape[2]
            return try file.crc32(of: run * count..<(run + 1) * count)
        }
        return (try checksum(test), try checksum(train))
    }

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
