import ArrayFiles
import Ensembles
import ParallelRanges
import Platform
import Synchronization
import UserMessages

/// The folder of an ensemble on the disk, which survives a crash at any moment.
///
/// While runs are made, the logits of all of them have their places in `logits.npy.partial` and
/// `logits_train.npy.partial`, their weights in `weights.npy.partial` if they are kept, and `training.journal` records
/// which are complete, with checksums by which a later training verifies them. When none is missing, `commit` writes
/// `masks.npy` if examples are drawn, gives `weights.npy`, `logits_train.npy`, `logits.npy` and `ensemble.json` their
/// names, in this order, and removes the journal; if interrupted anywhere, it can be repeated. An existing ensemble
/// stays as it is until then.
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
    /// Number of weights and biases of a network.
    let parameterCount: Int

    /// A file with an equal part for each run, and what it holds for `runs` runs.
    private typealias RunFile = (path: String, elementType: ElementType, shape: [Int])

    /// The files of the runs, in the order of ``UnfinishedRuns``.
    private func files(of runs: Int) -> [RunFile] {
        func file(_ name: String) -> String { EnsembleLayout.file(name, in: path) }
        let logits: [RunFile] = [
            (file(EnsembleLayout.logits), .float16, [runs, recipe.test, recipe.classes]),
            (file(EnsembleLayout.logitsTrain), .float16, [runs, recipe.train, recipe.classes]),
        ]
        let weights: RunFile = (file(EnsembleLayout.weights), .float32, [runs, parameterCount])
        return recipe.options.keepsWeights == true ? logits + [weights] : logits
    }
    private var recordFile: String { "\(path)/\(EnsembleLayout.record)" }
    /// The path of the journal, which exists while runs are being made.
    var journalFile: String { path + "/training.journal" }

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
            if let foreign = files(of: runs).map(\.path).first(where: exists) {
                throw UserError.usage("\(foreign) was not made by train: choose another folder")
            }
            return try begin(runs: runs, keeping: [], dataset: dataset)
        }
        try recipe.requireSame(as: record.recipe, in: path)
        let finished = record.finished
        guard finished.count < runs else {
            try requireOrWrite(dataset)
            if !exists(EnsembleLayout.file(EnsembleLayout.masks, in: path)) { try writeMasks(runs: finished.count) }
            return Plan(runs: finished.count, finished: finished, state: .complete)
        }
        return try begin(runs: runs, keeping: finished, dataset: dataset)
    }

    private func resume(_ journal: TrainingJournal, runs: Int, dataset: Dataset) throws -> Plan {
        try recipe.requireSame(as: journal.head.recipe, in: path)
        try requireOrWrite(dataset)
        guard runs >= journal.head.runs else {
            throw UserError.usage(
                "\(path) holds an unfinished training of \(journal.head.runs) runs, not \(runs): "
                    + "ask for as many, or remove \(journalFile) to give its unfinished runs up")
        }
        for (file, elementType, shape) in files(of: journal.head.runs) {
            do {
                // An interrupted commit has given it its name, which it loses again: it may be damaged.
                if try !exists(partial(file)) && hasShape(shape, file, elementType), rename(file, partial(file)) != 0 {
                    throw ArrayFileError.writing(file, errno: errno)
                }
                _ = try NPYWriter(resuming: file, elementType: elementType, shape: shape)
            } catch let error as ArrayFileError where [.malformed, .notFound].contains(error.kind) {
                throw UserError.badData(
                    "\(partial(file)): is not what \(journalFile) describes; remove that file to start over")
            }
        }
        return Plan(runs: journal.head.runs, finished: journal.finished.map { $0?.correct }, state: .resumed)
    }

    private func begin(runs: Int, keeping finished: [CorrectPredictions], dataset: Dataset) throws -> Plan {
        try requireOrWrite(dataset)
        // What a training that kept weights, and made no run, has left.
        try AtomicFile.remove([partial(EnsembleLayout.file(EnsembleLayout.weights, in: path))])
        var created: [NPYWriter] = []
        do {
            var checksums: [[UInt32]] = []
            for (file, existing) in zip(files(of: runs), files(of: finished.count)) {
                let writer = try NPYWriter(creating: file.path, elementType: file.elementType, shape: file.shape)
                created.append(writer)
                try writer.reserve()
                checksums.append(finished.isEmpty ? [] : try copy(existing, into: writer))
                try writer.synchronize()
            }
            let kept = try finished.indices.map { run in
                FinishedRun(
                    correct: finished[run],
                    checksums: try self.checksums(ofRun: run, checksums.map { $0[run] }))
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
    private func copy(_ file: RunFile, into writer: NPYWriter) throws -> [UInt32] {
        guard let tensor = try ArrayFile.open(file.path).first, tensor.elementType == file.elementType,
            tensor.shape == file.shape
        else { throw UserError.badData("\(file.path): is not what \(recordFile) describes") }
        return try (0..<file.shape[0]).map { run in
            try tensor[run].withContiguousBytes { bytes in
                try writer.write(bytes, atElement: run * tensor[run].count)
                return CRC32.of(bytes)
            }
        }
    }

    /// Opens the files of the runs for writing, in any process after `prepare`.
    ///
    /// - Throws: `ArrayFileError` if a file is missing, damaged or not writable.
    func openRuns() throws -> UnfinishedRuns {
        UnfinishedRuns(files: try files(of: 0).map { try NPYWriter(openingPartial: $0.path) })
    }

    /// Reads the runs of an earlier training back, a part of them in each of several processes after `prepare`.
    ///
    /// - Returns: The numbers of those that are not as they were written, or whose line in the journal is damaged; in
    ///   any order.
    /// - Throws: `UserError` or `ArrayFileError` if a file is missing or cannot be read.
    func damagedRuns(inPart part: Int, of parts: Int, threads: Int) throws -> [Int] {
        let (journal, runs) = (try TrainingJournal(existing: journalFile), try openRuns())
        let own = Array(journal.recorded[Partition(journal.recorded.count, parts).range(of: part)])
        let damaged = Mutex<[Int]>([])
        try concurrently(over: own.count, threads: threads) { share in
            for run in own[share] {
                let found = try checksums(ofRun: run, runs.checksums(ofRun: run))
                if found != journal.finished[run]?.checksums { damaged.withLock { $0.append(run) } }
            }
        }
        return damaged.withLock { $0 }
    }

    /// Writes the outputs of the first run's last hidden layer, float32 of shape (M, D); nothing for other runs.
    ///
    /// - Returns: The run as it is to be recorded, once its logits and weights are on the disk, too.
    /// - Throws: `ArrayFileError` (73).
    func writeFeatures(of run: RunLogits) throws -> FinishedRun {
        if let features = run.features {
            let sets = [(features.test, recipe.test), (features.train, recipe.train)]
            for (file, (values, examples)) in zip(featuresFiles, sets) {
                try NPY.write(values, shape: [examples, values.count / examples], to: file)
            }
        }
        let parts = [CRC32.of(run.test), CRC32.of(run.train)] + (run.weights.map { [CRC32.of($0)] } ?? [])
        return FinishedRun(correct: run.correct, checksums: try checksums(ofRun: run.run, parts))
    }

    private var featuresFiles: [String] {
        [EnsembleLayout.features, EnsembleLayout.featuresTrain].map { EnsembleLayout.file($0, in: path) }
    }

    /// The checksums of a run, from those of its parts of the files of runs, and from the files of features as they are
    /// on the disk, which only the first run has.
    ///
    /// - Throws: `ArrayFileError` (74).
    private func checksums(ofRun run: Int, _ parts: [UInt32]) throws -> RunChecksums {
        let ofFeatures = try (run == 0 ? featuresFiles.filter(exists) : []).map { file in
            let file = try MappedFile(file)
            return try file.withBytes(0..<file.byteCount) { CRC32.of($0) }
        }
        return RunChecksums(test: parts[0], train: parts[1], others: CRC32.of(ofFeatures + parts[2...]))
    }

    /// Makes the finished runs the ensemble of the folder, in one process, when no run is missing.
    ///
    /// - Throws: `ArrayFileError` (73) if a file cannot be written or removed.
    func commit(_ finished: [CorrectPredictions]) throws {
        try writeMasks(runs: finished.count)
        for file in files(of: finished.count).reversed() where exists(partial(file.path)) {
            try NPYWriter(openingPartial: file.path).commit()
        }
        try TrainedEnsemble(recipe: recipe, classNames: classNames, finished: finished).write(recordFile)
        guard unlink(journalFile) == 0 else { throw ArrayFileError.writing(journalFile, errno: errno) }
    }

    /// Writes how often each training example was drawn for each run, uint8 of shape (R, N), if examples are drawn.
    private func writeMasks(runs: Int) throws {
        guard let draw = recipe.options.draw else { return }
        let writer = try NPYWriter(
            creating: EnsembleLayout.file(EnsembleLayout.masks, in: path), elementType: .uint8,
            shape: [runs, recipe.train])
        do {
            try writer.reserve()
            let used = recipe.options.usedExamples(of: recipe.train)
            var mask: [UInt8] = []
            for run in 0..<runs {
                let (chain, sample) = run.quotientAndRemainder(dividingBy: recipe.options.samples)
                if sample == 0 {
                    mask = [UInt8](repeating: 0, count: recipe.train)
                    for example in draw.examples(of: used, chain: chain, seed: recipe.options.seed) {
                        mask[Int(example)] += 1
                    }
                }
                try writer.write(mask.span, at: run * recipe.train)
            }
            try writer.commit()
        } catch {
            writer.discard()
            throw error
        }
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

/// The files into which runs are written as they are made: the logits of the test examples and of the training
/// examples, and perhaps the weights.
struct UnfinishedRuns: Sendable {
    fileprivate let files: [NPYWriter]

    /// The CRC-32 of a run's part of each file, as it is now.
    ///
    /// - Throws: `ArrayFileError` (74).
    func checksums(ofRun run: Int) throws -> [UInt32] {
        try files.map { file in
            let count = file.shape.dropFirst().reduce(1, *)
            return try file.crc32(of: run * count..<(run + 1) * count)
        }
    }

    /// Writes each run to its position; returns when all of them have reached the disk.
    ///
    /// - Throws: `ArrayFileError` (73).
    func write(_ runs: [RunLogits]) throws {
        for run in runs {
            try run.test.withUnsafeBytes { try files[0].write($0, atElement: run.run * run.test.count) }
            try run.train.withUnsafeBytes { try files[1].write($0, atElement: run.run * run.train.count) }
            try run.weights?.withUnsafeBytes { try files[2].write($0, atElement: run.run * $0.count / 4) }
        }
        guard !runs.isEmpty else { return }
        for file in files { try file.synchronize() }
    }
}
