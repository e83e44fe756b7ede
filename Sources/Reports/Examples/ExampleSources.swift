import ArrayFiles
import Ensembles
import Platform
import UserMessages

/// Where to find what is shown of examples: `sources.json` beside the tables of a report, by which they are found
/// again. Paths are absolute.
public struct ExampleSources: Codable, Equatable, Sendable {
    /// The names of the classes; empty for numbers.
    package var class_names: [String]
    /// The data set that has the images, by its name or path; nil for the files beside the logits.
    package var dataset: String?
    /// The files beside the logits, by the names they have in `EnsembleLayout`.
    package var files: [String: String]
    /// The checksum of the `report.json` to which all other files belong.
    package var report_crc32: UInt32 = 0

    /// The sources of an ensemble.
    ///
    /// - Parameters:
    ///   - dataset: The name or path of the data set that has the images; nil for those beside the logits.
    public init(of ensemble: Ensemble, dataset: String?, classNames: [String]) {
        class_names = classNames
        self.dataset = dataset.map { FileSystem.kind(of: $0) == nil ? $0 : Self.absolute($0) }
        files = EnsembleLayout.attachments.reduce(into: [:]) { files, name in
            files[name] = ensemble.attachmentPath(name).map(Self.absolute)
        }
    }

    /// The path without links on the way to the file. A link to the file itself stays: names in a list are relative to
    /// the folder of the link.
    private static func absolute(_ path: String) -> String {
        let folder = path.contains("/") ? FileSystem.folder(of: path) + "/" : "."
        guard let resolved = realpath(folder, nil) else { return path }
        defer { free(resolved) }
        return FileSystem.joined(String(cString: resolved), FileSystem.lastComponent(of: path))
    }

    /// The array of features, float32 (M, D), of one set; nil if there is none.
    ///
    /// - Throws: `ArrayFileError` if the file cannot be read.
    package func features(_ set: ExampleSet) throws -> Tensor? {
        try files[set == .test ? EnsembleLayout.features : EnsembleLayout.featuresTrain].flatMap {
            try ArrayFile.open($0).first
        }
    }

    /// What is shown of the examples of one set.
    ///
    /// - Parameters:
    ///   - array: The images in an array, if that has been opened already.
    ///   - warn: Called with a message about what does not match the examples, and is left out.
    ///   - fail: Called with the error of a file that cannot be read: rethrows it, or returns to leave the file out.
    /// - Throws: Errors of `fail`.
    package func shown(
        _ set: ExampleSet, examples: Int, array: Images? = nil, warn: (String) -> Void,
        fail: (any Error) throws -> Void = { throw $0 }
    ) throws -> ShownExamples {
        func read<Value>(_ body: () throws -> Value?) throws -> Value? {
            do {
                return try body()
            } catch {
                try fail(error)
                return nil
            }
        }
        func lines(_ test: String, _ train: String) throws -> [String]? {
            guard let path = files[set == .test ? test : train] else { return nil }
            return try read {
                let lines = try Self.lines(of: path)
                if lines.count == examples { return lines }
                warn("\(path) has \(NumberText.count(lines.count, "line")), not \(examples): left out")
                return nil
            }
        }
        let fileNames = try lines(EnsembleLayout.fileNames, EnsembleLayout.fileNamesTrain)
        var images = array.map { ExampleImages($0) }
        if images == nil { images = try read { try self.array(set, examples: examples, warn: warn) } }
        if images == nil, let fileNames {
            let list = files[set == .test ? EnsembleLayout.fileNames : EnsembleLayout.fileNamesTrain] ?? ""
            images = ExampleImages(named: fileNames, in: list, warn: warn)
        }
        return ShownExamples(
            images: images, fileNames: fileNames?.map(TerminalText.line),
            texts: try lines(EnsembleLayout.texts, EnsembleLayout.textsTrain))
    }

    /// The images in an array; nil if there is none.
    private func array(_ set: ExampleSet, examples: Int, warn: (String) -> Void) throws -> ExampleImages? {
        let files = try dataset.map { try DatasetFiles($0) }
        let beside = self.files[set == .test ? EnsembleLayout.images : EnsembleLayout.imagesTrain]
        let tensor =
            try files.map { set == .test ? $0.test.images : $0.train.images }
            ?? beside.flatMap { try ArrayFile.open($0).first }
        guard let tensor else { return nil }
        let images = try Images(tensor, examples: examples).map { ExampleImages($0) }
        if images == nil {
            warn(
                """
                \(tensor.path) has shape \(tensor.shape) of \(tensor.elementType), not \(examples) images: \
                left out
                """)
        }
        return images
    }

    /// The lines of a text file.
    private static func lines(of path: String) throws -> [String] {
        guard let contents = try FileSystem.contents(of: path) else {
            throw UserError.noInput("\(path): no such file")
        }
        var lines = TextLines.of(contents).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}
