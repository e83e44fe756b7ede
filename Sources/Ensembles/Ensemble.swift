import ArrayFiles
import UserMessages

/// The saved logits of many runs of the same training: the input of the commands.
public struct Ensemble: Sendable {
    /// Logits of the test examples, shape (R, T, C); nil if the ensemble has none.
    public private(set) var test: Logits?
    /// Logits of the training examples, shape (R, N, C); nil if the ensemble has none.
    public private(set) var train: Logits?
    /// Labels of the T test examples, each in 0..<C, or -1 for an unlabeled example; nil if none is labeled.
    public let testLabels: [Int]?
    /// Labels of the N training examples, each in 0..<C, or -1 for an unlabeled example; nil if none is labeled.
    public let trainLabels: [Int]?
    /// Numbers of examples that the labels leave unlabeled; nil if there are none, or no labels.
    public let unlabeled: Unlabeled?
    /// The names of the classes, where the labels were names; empty otherwise.
    public let classNames: [String]
    /// What was read, in one line: files, names, labels, and what was skipped.
    public let reading: String
    /// The files of the logits, in the order of their runs.
    public var sources: [String] {
        var sources: [String] = []
        for tensor in (test ?? train)?.tensors ?? [] where tensor.path != sources.last { sources.append(tensor.path) }
        return sources
    }
    /// The folders given, and those of files given, which may hold images and features of the examples.
    private let folders: [String]
    /// The files of the labels.
    private let labelFiles: [String]

    /// An ensemble of logits with the same runs, and labels that belong to them.
    init(
        test: Logits?, train: Logits?, testLabels: [Int]?, trainLabels: [Int]?, classNames: [String],
        folders: [String], labelFiles: [String], reading: String
    ) {
        (self.test, self.train) = Logits.searchedTogether(test, train)
        unlabeled = Unlabeled(
            test: testLabels.map { $0.count - $0.labeledCount } ?? 0,
            train: trainLabels.map { $0.count - $0.labeledCount } ?? 0)
        // Where no example is labeled, all is as if there were no labels.
        self.testLabels = testLabels.flatMap { $0.labeledCount > 0 ? $0 : nil }
        self.trainLabels = trainLabels.flatMap { $0.labeledCount > 0 ? $0 : nil }
        (self.classNames, self.folders, self.labelFiles) = (classNames, folders, labelFiles)
        self.reading = reading
    }

    /// The files for messages: the first, and how many others there are.
    package var title: String { sources.listed(upTo: 2) }

    /// An array beside the logits: images, images_train, features or features_train; nil if it does not exist. A file
    /// needed by some commands only must not stop the others: it is opened here.
    ///
    /// - Throws: `ArrayFileError` if its file cannot be read.
    public func attachment(named name: String) throws -> Tensor? {
        try attachmentPath(name).flatMap { try ArrayFile.open($0).first }
    }

    /// The path of a file beside the logits, of those in `EnsembleLayout`; nil if it does not exist.
    package func attachmentPath(_ name: String) -> String? {
        folders.lazy.map { EnsembleLayout.file(name, in: $0) }.first { FileSystem.kind(of: $0) == .file }
    }

    /// Checks that a job which reads this ensemble can write some files: that none of them, nor what it is called while
    /// it is unfinished, is one of the ensemble's own.
    ///
    /// - Parameter outputs: The paths of the files.
    /// - Throws: `ArrayFileError` (73) naming the file.
    package func requireNoneReplaced(by outputs: [String]) throws {
        let there = outputs.flatMap { output in
            [output, output + AtomicFile.partialSuffix].compactMap { path in
                FileSystem.identity(of: path).map { (path: path, identity: $0) }
            }
        }
        // Nothing is asked about a hundred thousand inputs where nothing can be replaced.
        guard !there.isEmpty else { return }
        let beside = folders.flatMap { folder in
            EnsembleLayout.attachments.map { EnsembleLayout.file($0, in: folder) } + [
                FileSystem.joined(folder, EnsembleLayout.record)
            ]
        }
        let logits = [test, train].compactMap(\.self).flatMap(\.tensors).map(\.path)
        let inputs = Set((logits + labelFiles + beside).compactMap { FileSystem.identity(of: $0) })
        if let replaced = there.first(where: { inputs.contains($0.identity) }) {
            throw ArrayFileError.cannotWrite(replaced.path, "this job reads it: choose another name")
        }
    }

    /// Checks that a folder of results is not one of the folders that were given, whose files have the same names.
    ///
    /// - Throws: `ArrayFileError` (73) naming the folder.
    package func requireNotGiven(_ folder: String) throws {
        guard let identity = FileSystem.identity(of: folder) else { return }
        if folders.contains(where: { FileSystem.identity(of: $0) == identity }) {
            throw ArrayFileError.cannotWrite(folder, "this job reads files in it: choose another name")
        }
    }

    /// The ensemble of some of the runs, numbered from 0.
    ///
    /// - Precondition: The ensemble has these runs.
    public func selecting(runs: Range<Int>) -> Ensemble {
        holding(test: test?.selecting(runs: runs), train: train?.selecting(runs: runs))
    }

    /// The same ensemble with logits of other runs.
    func holding(test: Logits?, train: Logits?) -> Ensemble {
        var other = self
        (other.test, other.train) = (test, train)
        return other
    }
}
