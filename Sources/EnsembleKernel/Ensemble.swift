import ArrayFiles

/// The saved logits of many runs of one training: what the commands work on.
public struct Ensemble: Sendable {
    /// Logits of the test examples, shape (R, T, C), where the ensemble has them.
    public let test: Logits?
    /// Logits of the train examples, shape (R, N, C), where the ensemble has them.
    public let train: Logits?
    /// Labels of the T test examples, each in 0..<C, where known.
    public let testLabels: [Int]?
    /// Labels of the N train examples, each in 0..<C, where known.
    public let trainLabels: [Int]?
    /// The files that hold the logits, in the order of their runs.
    public let sources: [String]
    /// Files of images and features of the examples, where they stand beside the logits.
    private let attachments: [String]

    /// An array that stands beside the logits: images, images_train, features, features_train.
    ///
    /// - Throws: `ArrayFileError` where its file cannot be read.
    public func attachment(named name: String) throws -> Tensor? {
        try attachments.first { $0.hasSuffix("/\(name).npy") || $0 == "\(name).npy" }.flatMap {
            try ArrayFile.open($0).first
        }
    }

    /// Opens ensembles and concatenates their runs in the order given. Headers and labels are read, no logits.
    ///
    /// - Parameters:
    ///   - paths: folders or files as ``EnsembleFiles`` finds them.
    ///   - runs: use the first so many runs only.
    ///   - testLabels: labels to use instead of those beside the logits.
    ///   - trainLabels: the same for the train examples.
    /// - Throws: ``EnsembleError`` or `ArrayFileError` naming the file, the tensor and the place.
    public init(
        opening paths: [String], runs: Int? = nil, testLabels: Labels? = nil, trainLabels: Labels? = nil
    ) throws {
        let files = try EnsembleFiles(at: paths)
        var test = try Self.concatenated(files.tensors(named: "logits"), of: files)
        var train = try Self.concatenated(files.tensors(named: "logits_train"), of: files)
        for part in files.parts { try Self.checkRuns(of: part) }
        guard let all = (test ?? train)?.runs else {
            throw EnsembleError.badData("\(paths.joined(separator: ", ")): no tensor named logits or logits_train")
        }
        if let runs {
            guard (1...all).contains(runs) else {
                throw EnsembleError.usage("--runs \(runs): the ensemble has \(all) runs")
            }
            test = test?.selecting(runs: 0..<runs)
            train = train?.selecting(runs: 0..<runs)
        }
        self.test = test
        self.train = train
        sources = (test ?? train)?.tensors.map(\.path) ?? []
        attachments = files.attachments
        self.testLabels = try Self.agreed(
            testLabels.map { [$0] } ?? files.tensors(named: "labels").map { try Labels($0) }, for: test)
        self.trainLabels = try Self.agreed(
            trainLabels.map { [$0] } ?? files.tensors(named: "labels_train").map { try Labels($0) }, for: train)
    }

    /// Some of the runs only, numbered from 0.
    ///
    /// - Precondition: the ensemble has them.
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
        if let without = files.parts.first(where: { $0.tensor(named: first.name) == nil }) {
            throw EnsembleError.badData("\(without.path): has no \(first.name), but \(first.path) has")
        }
        return try Logits(concatenating: tensors)
    }

    /// A part's test and train logits are of the same runs, one by one: equal sums over the parts are not enough.
    private static func checkRuns(of part: EnsembleFiles.Part) throws {
        guard let test = part.tensor(named: "logits"), let train = part.tensor(named: "logits_train"),
            test.shape[0] != train.shape[0] || test.shape[2] != train.shape[2]
        else { return }
        throw EnsembleError.badData(
            """
            \(part.path): logits has \(test.shape[0]) runs and \(test.shape[2]) classes, \
            but logits_train has \(train.shape[0]) and \(train.shape[2])
            """)
    }

    /// The labels that all sources agree on, checked against the logits they belong to.
    private static func agreed(_ sources: [Labels], for logits: Logits?) throws -> [Int]? {
        guard let logits, let first = sources.first else { return nil }
        for labels in sources { try labels.check(examples: logits.examples, classes: logits.classes) }
        for other in sources.dropFirst() {
            if let place = first.values.indices.first(where: { first.values[$0] != other.values[$0] }) {
                throw EnsembleError.badData(
                    "\(other.source)[\(place)] is \(other.values[place]), but \(first.source) has \(first.values[place])"
                )
            }
        }
        return first.values
    }
}
