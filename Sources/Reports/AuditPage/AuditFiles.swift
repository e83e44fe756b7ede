import ArrayFiles
import EnsembleEvaluation
import Ensembles
import MessagePassing
import Platform

/// The files of a data set audit: an HTML page, and a folder of tables beside it.
public struct AuditFiles {
    /// The path of the page.
    public let page: String
    /// The folder of the tables: named like the folder that browsers save beside a page, and never that of an ensemble.
    /// `z.html` and `z.htm` are two pages, each with a folder of its own.
    public var folder: String {
        (page.hasSuffix(".html") ? String(page.dropLast(5)) : page) + "_files"
    }

    /// The files that belong to the page at path `page`.
    public init(page: String) { self.page = page }

    /// What is shown of the examples of both sets, and where that is.
    public typealias Shown = (test: ShownExamples, train: ShownExamples, sources: ExampleSources)

    /// The paths of all files.
    public var paths: [String] {
        let arrays = SoftTargets.fileNames + NeighborTables.fileNames + Self.labels
        return [page] + (Self.tables + arrays + [Self.sources]).map { "\(folder)/\($0)" }
    }

    /// The tables, to which the page links.
    package static let tables = ["suspects.csv", "copies.csv", "near_duplicates.csv", "report.json"]
    /// The labels of the test and of the training examples: int64, -1 for an unlabeled example.
    package static let labels = ["labels.npy", "labels_train.npy"]
    /// Where what is shown of the examples is.
    package static let sources = "sources.json"

    /// Checks that a file can have the name of the page.
    ///
    /// - Throws: `ArrayFileError` (73) if the name is that of a folder.
    public func requirePageName() throws { try AtomicFile.requireName(page) }

    /// Writes all files, the page last: if it exists, the files in the folder belong to it. Collective over `world`:
    /// every rank calls it with its results of the audit.
    ///
    /// - Parameters:
    ///   - shown: What is shown of the examples, and where that is; used on rank 0.
    /// - Throws: `AgreedFailure` on every rank: 73 if a file cannot be written, 65 if an image cannot be read;
    ///   `MPIError`.
    public func write(
        _ found: (audit: DatasetAudit?, targets: SoftTargets, neighbors: NeighborTables), of ensemble: Ensemble,
        shown: Shown?, world: Communicator
    ) throws {
        try world.agree {
            // Without its sources, an explorer refuses what is half written.
            if world.rank == 0 { try AtomicFile.remove([page, "\(folder)/\(Self.sources)"]) }
        }
        try found.targets.write(into: folder)
        try found.neighbors.write(into: folder)
        try world.agree { if let audit = found.audit, let shown { try write(audit, of: ensemble, shown) } }
    }

    private func write(_ audit: DatasetAudit, of ensemble: Ensemble, _ shown: Shown) throws {
        let page = try AuditPage(
            audit, labels: (ensemble.testLabels, ensemble.trainLabels), shown: (shown.test, shown.train),
            classNames: shown.sources.class_names, tables: String(folder.split(separator: "/").last ?? "")
        ).html()
        for (labels, name) in zip([ensemble.testLabels, ensemble.trainLabels], Self.labels) {
            let path = "\(folder)/\(name)"
            if let labels {
                try NPY.write(labels.map { Int64($0) }, shape: [labels.count], to: path)
            } else {
                try AtomicFile.remove([path])
            }
        }
        let report = try audit.json()
        var sources = shown.sources
        sources.report_crc32 = CRC32.of(Array(report.utf8))
        let tables = [
            audit.suspectsTable(labels: ensemble.trainLabels), audit.copiesTable, audit.duplicatesTable, report,
            String(decoding: try JSONEncoder.readable.encode(sources), as: UTF8.self) + "\n",
        ]
        try AtomicFile.write(
            zip(Self.tables + [Self.sources], tables).map { ("\(folder)/\($0)", $1) }, then: (self.page, page))
    }
}
