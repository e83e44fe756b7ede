import ArrayFiles
import EnsembleEvaluation
import Ensembles
import Platform
import Reports
import UserMessages

/// A data set that a report was written about: what `report` has left in a folder, and the pictures of the examples.
struct AuditedDataset: Sendable {
    let audit: DatasetAudit
    let classNames: [String]
    let test, train: AuditedExamples
    /// The search by pixels; nil without images of one shape, or where it would take too long.
    let byPixels: NearestByPixels?
    /// The search by features; nil without features, or where it would take too long.
    let byFeatures: NearestByFeatures?

    /// The most bytes that the answer to a click may read.
    private static let mostBytesRead = 512 << 20

    /// Opens the folder of a report.
    ///
    /// - Parameters:
    ///   - dataset: The data set that has the images, if it is elsewhere than the report says.
    ///   - warn: Called with a message about a file that is left out.
    /// - Throws: `UserError`: 66 if there is no report, 65 if its files do not belong together; `ArrayFileError` if one
    ///   cannot be read.
    init(_ folder: String, dataset: String?, warn: (String) -> Void) throws {
        let (report, places) = ("\(folder)/report.json", "\(folder)/\(AuditFiles.sources)")
        func contents(of path: String) throws -> Data {
            if FileSystem.kind(of: path) == .file, let contents = try FileSystem.contents(of: path) { return contents }
            throw UserError.noInput(
                "\(path): no such file: explore shows what report has written; run report on the ensemble first")
        }
        func decoded<Value: Decodable>(_: Value.Type, _ contents: Data, _ path: String) throws -> Value {
            do {
                return try JSONDecoder().decode(Value.self, from: contents)
            } catch {
                throw UserError.badData("\(path): is not as report writes it: run report again")
            }
        }
        let (found, kept) = (try contents(of: report), try contents(of: places))
        var sources = try decoded(ExampleSources.self, kept, places)
        let audit = try decoded(DatasetAudit.self, found, report)
        guard CRC32.of(Array(found)) == sources.report_crc32 else {
            throw UserError.badData("\(report): is not the one that \(places) belongs to: run report again")
        }
        if let dataset { sources.dataset = dataset }
        // What has been moved may have been put beside the tables.
        for (name, path) in sources.files where FileSystem.kind(of: path) == nil {
            let beside = EnsembleLayout.file(name, in: folder)
            if FileSystem.kind(of: beside) == .file { sources.files[name] = beside }
        }
        self.audit = audit
        classNames = ClassNames.readable(sources.class_names)
        func leaveOut(_ error: any Error) {
            warn("\(error), as \(places) says; left out (--dataset names images elsewhere)")
        }
        func examples(_ set: ExampleSet) throws -> AuditedExamples {
            let count = set == .test ? audit.ensemble.test : audit.ensemble.train
            return try AuditedExamples(
                set, in: folder, audit: audit,
                shown: try sources.shown(set, examples: count, warn: warn) { leaveOut($0) })
        }
        (test, train) = (try examples(.test), try examples(.train))
        try Self.check(audit, report)
        let (testImages, trainImages) = (test.shown.images?.array, train.shown.images?.array)
        let byPixels = testImages.flatMap { test in trainImages.flatMap { NearestByPixels(test: test, train: $0) } }
        self.byPixels = byPixels.flatMap { $0.byteCount <= Self.mostBytesRead ? $0 : nil }
        var features: (test: Tensor?, train: Tensor?)
        do {
            features = (try sources.features(.test), try sources.features(.train))
        } catch {
            leaveOut(error)
        }
        let byFeatures = NearestByFeatures(
            test: features.test, train: features.train, examples: (audit.ensemble.test, audit.ensemble.train))
        self.byFeatures = byFeatures.flatMap { $0.byteCount <= Self.mostBytesRead ? $0 : nil }
    }

    /// The examples of a set.
    subscript(set: ExampleSet) -> AuditedExamples { .test == set ? test : train }

    /// The name of a class.
    func name(_ label: Int) -> String { classNames.indices.contains(label) ? classNames[label] : "class \(label)" }

    /// The class numbers of the outputs and the labels.
    var classes: Range<Int> { 0..<audit.ensemble.classes }

    /// Checks that all examples and classes that a report names are there.
    private static func check(_ audit: DatasetAudit, _ path: String) throws {
        let pairs = audit.copies?.pairs ?? []
        let (shown, confusions) = (
            audit.near_duplicates + (audit.failures ?? []) + audit.random, audit.confusions ?? []
        )
        var (ofTest, ofTrain) = (shown.map(\.test), shown.flatMap { $0.neighbors.map(\.train) })
        ofTest += (audit.hardest ?? []).map(\.test) + audit.groups.flatMap(\.test) + confusions.flatMap(\.examples)
        ofTest += pairs.filter { $0.set == .test }.map(\.example)
        let byFeatures = audit.nearest_pairs_by_features ?? []
        (ofTest, ofTrain) = (ofTest + byFeatures.map(\.test), ofTrain + byFeatures.map(\.train))
        ofTrain += pairs.filter { $0.set == .train }.map(\.example) + pairs.map(\.copy_of)
        ofTrain += (audit.suspects ?? []).flatMap { [$0.train] + $0.neighbors.map(\.train) }
        ofTrain += audit.groups.flatMap(\.train) + (audit.nearest_by_features ?? []).flatMap(\.self)
        let (test, train, classes) = (0..<audit.ensemble.test, 0..<audit.ensemble.train, 0..<audit.ensemble.classes)
        guard ofTest.allSatisfy(test.contains), ofTrain.allSatisfy(train.contains),
            confusions.allSatisfy({ classes.contains($0.label) && classes.contains($0.predicted) }),
            audit.classes.map({ $0.count == classes.count }) ?? true,
            audit.nearest_by_features.map({ $0.count == audit.random.count }) ?? true,
            shown.allSatisfy({ !$0.neighbors.isEmpty })
        else {
            throw UserError.badData("\(path): names an example or a class that is not there: run report again")
        }
    }
}
