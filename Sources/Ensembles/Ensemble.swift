import ArrayFiles
import UserMessages

/// The saved logits of many runs of the same training: the input of the commands.
public struct Ensemble: Sendable {
    /// Logits of the test examples, shape (R, T, C); nil if the ensemble has none.
    public let test: Logits?
    /// Logits of the training examples, shape (R, N, C); nil if the ensemble has none.
    public let train: Logits?
    /// Labels of the T test examples, each in 0..<C; nil if unknown.
    public let testLabels: [Int]?
    /// Labels of the N training examples, each in 0..<C; nil if unknown.
    public let trainLabels: [Int]?
    /// The files of the logits, in the order of their runs.
    public let sources: [String]
    /// Files of images and features of the examples beside the logits.
    private let attachments: [String]

    /// An array beside the logits: images, images_train, features or features_train; nil if it does not exist.
    ///
    /// - Throws: `ArrayFileError` if its file cannot be read.
    public func attachment(named name: String) throws -> Tensor? {
        try attachments.first { $0.hasSuffix("/\(name).npy") || $0 == "\(name).npy" }.flatMap {
            try ArrayFile.open($0).first
        }
    }

    /// Opens ensembles and concatenates their runs in the order given. Reads headers and labels, but no logits.
    ///
    /// - Parameters:
    ///   - paths: Folders or files, found as ``EnsembleFiles`` describes.
    ///   - runs: Use only the first `runs` runs; nil for all.
    ///   - testLabels: Labels of the test examples to use instead of those beside the logits.
    ///   - trainLabels: Labels of the training examples to use instead of those beside the logits.
    /// - Throws: ``EnsembleError`` (64) if the ensemble has fewer runs; `UserError` or `ArrayFileError` naming the
    ///   file, the tensor and the position.
    public init(
        opening paths: [String], runs: Int? = nil, testLabels: Labels? = nil, trainLabels: Labels? = nil
    ) throws {
        let files = try EnsembleFiles(at: paths)
        var test = try Self.concatenated(files.tensors(named: EnsembleLayout.logits), of: files)
        var train = try Self.concatenated(files.tensors(named: EnsembleLayout.logitsTrain), of: files)
        for runSet in files.runSets { try Self.checkRuns(of: runSet) }
        guard let all = (test ?? train)?.runs else {
            throw UserError.badData("\(paths.joined(separator: ", ")): no tensor named logits or logits_train")
        }
        if let runs {
            guard (1...all).contains(runs) else {
                throw EnsembleError.runsOutOfRange(runs, available: all)
            }
            test = test?.selecting(runs: 0..<runs)
            train = train?.selecting(runs: 0..<runs)
        }
        self.test = test
        self.train = train
        sources = (test ?? train)?.tensors.map(\.path) ?? []
        attachments = files.attachments
        self.testLabels = try Self.agreed(
            testLabels.map { [$0] } ?? files.tensors(named: EnsembleLayout.labels).map { try Labels($0) }, for: test)
        self.trainLabels = try Self.agreed(
            trainLabels.map { [$0] } ?? files.tensors(named: EnsembleLayout.labelsTrain).map { try Labels($0) },
            for: train)
    }

    /// The ensemble of some of the runs, numbered from 0.
    ///
    /// - Precondition: The ensemble has these runs.
    public func selecting(runs: Range<Int>) -> Ensemble {
        Ensemble(of: self, test: test?.selecting(runs: runs), train: train?.selecting(runs: runs))
    }

    private init(of ensemble: Ensemble, test: Logits?, train: Logits?) {
        self.test = test
        self.train = train
        testLabels = ensemble.testLabels
        trainLabels = ensemble.trainLabels
        attachments = ensemble.attachments
        sources = (test ?? train)?.tensors.map(\.path) ?? []
    }

    private static func concatenated(_ tensors: [Tensor], of files: EnsembleFiles) throws -> Logits? {
        guard let first = tensors.first else { return nil }
        if let without = files.runSets.first(where: { $0.tensor(named: first.name) == nil }) {
            throw UserError.badData("\(without.path): has no \(first.name), but \(first.path) has")
        }
        return try Logits(concatenating: tensors)
    }

    /// Checks that the test and training logits of a run set are of the same number of runs: equal sums over all run
    /// sets would not be enough.
    private static func checkRuns(of runSet: EnsembleFiles.RunSet) throws {
        guard let test = runSet.tensor(named: EnsembleLayout.logits),
            let train = runSet.tensor(named: EnsembleLayout.logitsTrain),
            test.shape[0] != train.shape[0] || test.shape[2] != train.shape[2]
        else { return }
        throw UserError.badData(
            """
            \(runSet.path): logits has \(test.shape[0]) runs and \(test.shape[2]) classes, \
            but logits_train has \(train.shape[0]) and \(train.shape[2])
            """)
    }

    /// The labels on which all sources agree, checked against their logits.
    private static func agreed(_ sources: [Labels], for logits: Logits?) throws -> [Int]? {
        guard let logits, let first = sources.first else { return nil }
        for labels in sources { try labels.check(examples: logits.examples, classes: logits.classes) }
        for other in sources.dropFirst() {
            if let place = first.values.indices.first(where: { first.values[$0] != other.values[$0] }) {
                throw UserError.badData(
                    """
                    \(other.source)[\(place)] is \(other.values[place]), but \(first.source) has \
                    \(first.values[place])
                    """)
            }
        }
        return first.values
    }
}
