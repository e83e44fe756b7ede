import ArrayFiles
import Ensembles
import MessagePassing
import ParallelRanges
import Platform
import Synchronization
import UserMessages

/// The networks of an ensemble whose weights were kept, to be applied to other images.
public struct KeptNetworks: Sendable {
    /// The result of applying the networks to images.
    public struct Summary: Equatable, Sendable {
        /// Numbers of networks R and of images M.
        public let runs, examples: Int
        /// The accuracy of each network on the images that have one of the networks' classes; nil without such.
        public let accuracies: [Double]?
    }

    let folder: String
    let record: TrainedEnsemble
    var recipe: EnsembleRecipe { record.recipe }
    private let task: TrainingTask
    /// The weights of all runs, float32 (R, P).
    private let weights: Tensor

    /// The networks in the folder of a finished training with `TrainingOptions.keepsWeights`.
    ///
    /// - Throws: `UserError`: 66 if there is no such training or its weights were not kept, 65 if the files are not
    ///   those of the training; `ArrayFileError` if one cannot be read.
    public init(folder: String) throws {
        func file(_ name: String) -> String { EnsembleLayout.file(name, in: folder) }
        let recordFile = FileSystem.joined(folder, EnsembleLayout.record)
        guard let record = try TrainedEnsemble.read(recordFile) else {
            throw UserError.noInput(
                "\(recordFile): does not exist: give the folder of an ensemble made by train --keep-weights")
        }
        let recipe = record.recipe
        guard recipe.options.keepsWeights == true else {
            throw UserError.noInput("\(folder): the weights of its networks were not kept: train with --keep-weights")
        }
        let images = try ArrayFile.single(file(EnsembleLayout.imagesTrain))
        guard 3...4 ~= images.shape.count, images.elementType == .uint8, images.shape[0] == recipe.train,
            images.shape.allSatisfy({ $0 > 0 }), recipe.classes >= 2
        else {
            throw UserError.badTensor(images, "is not the \(recipe.train) training images that \(recordFile) describes")
        }
        let none = Dataset.Split(images: [], labels: [])
        let dataset = Dataset(
            name: recipe.dataset, imageShape: Array(images.shape.dropFirst()), classes: recipe.classes,
            train: Dataset.Split(
                images: try images.withContiguousBytes { Array($0) },
                labels: Array(repeating: 0, count: recipe.train)), test: none)
        do {
            try recipe.options.validate()
            try TrainingTask.check(dataset, recipe.options)
        } catch {
            throw UserError.badData("\(recordFile): is not a record of this training: \(error)")
        }
        (self.folder, self.record) = (folder, record)
        task = TrainingTask(dataset: dataset, options: recipe.options)
        weights = try ArrayFile.single(file(EnsembleLayout.weights))
        let shape = [record.runs.count, task.layout.parameterCount]
        guard weights.shape == shape, weights.elementType == .float32 else {
            throw UserError.badTensor(
                weights, "is \(weights.elementType.rawValue) \(weights.shape), not float32 \(shape) as in \(recordFile)"
            )
        }
    }

    /// Number of runs R.
    public var runs: Int { weights.shape[0] }
    /// The shape of an image: (H, W), or (H, W, 3) for color.
    var imageShape: [Int] { task.dataset.imageShape }
    /// The pixels of the training images.
    var trainingImages: [UInt8] { task.dataset.train.images }
    /// The name of the data set on which the networks were trained.
    public var dataset: String { recipe.dataset }

    /// Writes the logits of all runs, or of networks between two of them, for images into a folder: `logits.npy`,
    /// `images.npy`, `ensemble.json` and, if classes are known, `labels.npy`. Collective: every rank calls it, from its
    /// main thread, with the same arguments; all ranks see the same folder.
    ///
    /// The runs are divided over the ranks, and there over `threads` threads; the bytes are the same for any number of
    /// both. Of the images on which the networks were tested they are those that the training wrote. OpenBLAS runs on
    /// one thread in the meantime, so let nothing else use it.
    ///
    /// - Parameters:
    ///   - interpolation: The networks between two runs; nil for those of all runs.
    ///   - progress: Called with the fraction of the networks that is done.
    /// - Returns: The same summary on every rank.
    /// - Throws: `AgreedFailure` on every rank: 64 if the folder already holds files of an ensemble, or there are no
    ///   threads, 65 if a logit is not finite or the ranks see different files, 73 if the folder cannot be written;
    ///   `MPIError`.
    public func apply(
        to images: LabeledImages, along interpolation: WeightInterpolation? = nil, into folder: String,
        communicator: Communicator, threads: Int, progress: (Double) -> Void = { _ in }
    ) throws -> Summary {
        try communicator.agree {
            for run in interpolation.map({ [$0.from, $0.to] }) ?? [] {
                try TrainingOptionError.require(
                    0..<runs ~= run, "interpolate", "numbers of runs from 0 to \(runs - 1), not \(run)")
            }
            guard threads >= 1 else { throw TrainingOptionError.invalid("threads", rule: "at least 1") }
        }
        try requireSame(images, over: communicator)
        let networks = interpolation?.positions.count ?? runs
        return try communicator.withClaimedFolder(folder) {
            let path = EnsembleLayout.file(EnsembleLayout.logits, in: folder)
            let created = try communicator.agree {
                guard communicator.rank == 0 else { return nil as NPYWriter? }
                try requireAbsent(in: folder)
                return try NPYWriter(
                    creating: path, elementType: .float16, shape: [networks, images.count, recipe.classes])
            }
            do {
                let logits = try communicator.agree {
                    try created?.reserve()
                    return try created ?? NPYWriter(openingPartial: path)
                }
                let correct = try withOneThreadOfOpenBLAS {
                    try makeShare(
                        of: networks, along: interpolation, images, into: logits, communicator, threads: threads,
                        progress: progress)
                }
                let accuracies = images.labels.map { labels in
                    correct.map { Double($0) / Double(labels.count { $0 >= 0 }) }
                }
                try communicator.agree {
                    guard communicator.rank == 0 else { return }
                    do {
                        let rows = rows(along: interpolation, accuracies: accuracies)
                        try write(images, rows, into: folder)
                        try logits.commit()
                    } catch {
                        // None of them was there before.
                        try? AtomicFile.remove(Self.written(in: folder))
                        throw error
                    }
                }
                return Summary(runs: networks, examples: images.count, accuracies: accuracies)
            } catch {
                created?.discard()
                throw error
            }
        }
    }

    /// Checks that all ranks see the same networks and images. Collective: every rank calls it.
    private func requireSame(_ images: LabeledImages, over communicator: Communicator) throws {
        try communicator.requireSame {
            [
                (
                    FileSystem.joined(folder, EnsembleLayout.record),
                    Int(CRC32.of([UInt8](try EnsembleRecord.encoder.encode(recipe))))
                ),
                (weights.path, try weights.sample),
                (EnsembleLayout.file(EnsembleLayout.imagesTrain, in: folder), Int(CRC32.of(trainingImages))),
                (images.name, Int(CRC32.of(images.bytes))),
                ("\(images.name) (labels)", Int(CRC32.of(images.labels ?? []))),
            ]
        }
    }

    /// The files that are written.
    private static func written(in folder: String) -> [String] {
        [EnsembleLayout.logits, EnsembleLayout.labels, EnsembleLayout.images].map {
            EnsembleLayout.file($0, in: folder)
        } + [FileSystem.joined(folder, EnsembleLayout.record)]
    }

    /// Checks that the folder holds no files of an ensemble: they may be input of this or another job, and those that
    /// are not written would go on with the others.
    private func requireAbsent(in folder: String) throws {
        let others = [EnsembleLayout.logitsTrain, EnsembleLayout.labelsTrain] + EnsembleLayout.attachments.sorted()
        let all = Self.written(in: folder) + others.map { EnsembleLayout.file($0, in: folder) }
        if let existing = all.first(where: { FileSystem.kind(of: $0) != nil }) {
            throw UserError.usage("\(existing): exists already: choose another folder, or remove it")
        }
    }

    /// Makes the logits of this rank's networks; returns, when all ranks have made theirs, the numbers of correct
    /// predictions of all networks.
    private func makeShare(
        of networks: Int, along interpolation: WeightInterpolation?, _ images: LabeledImages, into logits: NPYWriter,
        _ communicator: Communicator, threads: Int, progress: (Double) -> Void
    ) throws -> [Int] {
        let own = Partition(networks, communicator.size).range(of: communicator.rank)
        let ends = try communicator.agree {
            try interpolation.map { Ends(line: $0, first: try weights(of: $0.from), second: try weights(of: $0.to)) }
        }
        let correct = Mutex([Int](repeating: 0, count: own.count))
        var next = own.lowerBound
        try communicator.share(progress: { progress(Double($0) / Double(networks)) }) {
            let some = next..<min(next + threads, own.upperBound)
            try concurrently(over: some.count, threads: threads) { places in
                var pass = LogitsPass(task)
                for place in places.map({ some.lowerBound + $0 }) {
                    let network = try network(place, ends)
                    var sample = Sample(Network(task.layout, parameters: network.weights))
                    guard let halves = pass.run(&sample, on: images.bytes, count: images.count)?.logits else {
                        throw UserError.badData("\(weights.path): the logits of \(network.name) are not finite")
                    }
                    try halves.withUnsafeBytes { try logits.write($0, atElement: place * halves.count) }
                    let found = images.labels.map { halves.correctPredictions(of: $0, classes: recipe.classes) } ?? 0
                    correct.withLock { $0[place - own.lowerBound] = found }
                }
            }
            next = some.upperBound
            return WorkProgress(done: next - own.lowerBound, isWhole: next == own.upperBound)
        }
        try communicator.agree { try logits.synchronize() }
        return try communicator.allgather(correct.withLock { $0 }).flatMap { $0 }
    }

    /// The ends of a line between two runs.
    private struct Ends {
        let line: WeightInterpolation
        let first, second: [Float]
    }

    /// The weights of a network, and what it is called: a run, or a place on the line between two.
    private func network(_ place: Int, _ ends: Ends?) throws -> (weights: [Float], name: String) {
        guard let ends else { return (try weights(of: place), "run \(place)") }
        let (line, position) = (ends.line, ends.line.positions[place])
        return (
            line.weights(at: position, ends.first, ends.second),
            "the network at position \(position) between runs \(line.from) and \(line.to)"
        )
    }

    private func weights(of run: Int) throws -> [Float] {
        try weights[run].withContiguousBytes { Array($0.bindMemory(to: Float.self)) }
    }

    /// The rows of `ensemble.json`: those of the training, or one for each position.
    private func rows(along interpolation: WeightInterpolation?, accuracies: [Double]?) -> [EnsembleRecord.Run] {
        let rows =
            interpolation?.positions.enumerated().map { EnsembleRecord.Run(run: $0, position: $1) } ?? record.runs
        return rows.enumerated().map { place, row in
            var row = row
            (row.testAccuracy, row.trainAccuracy) = (accuracies?[place], nil)
            return row
        }
    }

    /// Writes all files but the logits.
    private func write(_ images: LabeledImages, _ rows: [EnsembleRecord.Run], into folder: String) throws {
        func file(_ name: String) -> String { EnsembleLayout.file(name, in: folder) }
        if let labels = images.labels { try NPY.write(labels, shape: [labels.count], to: file(EnsembleLayout.labels)) }
        try NPY.write(images.bytes, shape: [images.count] + images.imageShape, to: file(EnsembleLayout.images))
        let applied = AppliedEnsemble(
            dataset: images.name, networks: self.folder, classNames: record.classNames, runs: rows)
        try AtomicFile.write(
            EnsembleRecord.encoder.encode(applied) + Data("\n".utf8),
            to: FileSystem.joined(folder, EnsembleLayout.record))
    }

    /// The contents of `ensemble.json` beside logits of networks that were trained elsewhere.
    private struct AppliedEnsemble: Encodable {
        var format = EnsembleRecord.format
        /// The data set or file of the images.
        let dataset: String
        /// The folder of the networks.
        let networks: String
        let classNames: [String]?
        let runs: [EnsembleRecord.Run]
    }
}
