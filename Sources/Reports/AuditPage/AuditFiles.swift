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

    /// The paths of all files.
    public var paths: [String] {
        [page] + (Self.tables + SoftTargets.fileNames).map { "\(folder)/\($0)" }
    }

    private static let tables = ["suspects.csv", "copies.csv", "near_duplicates.csv", "report.json"]

    /// Checks that a file can have the name of the page.
    ///
    /// - Throws: `ArrayFileError` (73) if the name is that of a folder.
    public func requirePageName() throws { try AtomicFile.requireName(page) }

    /// Writes all files, the page last: if it exists, the files in the folder belong to it. Collective over `world`:
    /// every rank calls it with its results of the audit.
    ///
    /// - Parameters:
    ///   - images: The images to show; nil for those beside the logits.
    ///   - warn: Called with a message about images that do not match the examples, and are left out.
    /// - Throws: `AgreedFailure` on every rank: 73 if a file cannot be written, 65 if an image cannot be read;
    ///   `MPIError`.
    public func write(
        _ audit: DatasetAudit?, _ targets: SoftTargets, of ensemble: Ensemble, images: (test: Tensor, train: Tensor)?,
        classNames: [String], world: Communicator, warn: (String) -> Void
    ) throws {
        try world.agree { if world.rank == 0 { try AtomicFile.remove([page]) } }
        try targets.write(into: folder)
        try world.agree { if let audit { try write(audit, of: ensemble, images, classNames, warn) } }
    }

    private func write(
        _ audit: DatasetAudit, of ensemble: Ensemble, _ images: (test: Tensor, train: Tensor)?,
        _ classNames: [String], _ warn: (String) -> Void
    ) throws {
        let page = AuditPage(
            audit, labels: (ensemble.testLabels, ensemble.trainLabels),
            images: (
                Self.shown(
                    try images?.test ?? ensemble.attachment(named: EnsembleLayout.images), audit.ensemble.test, warn),
                Self.shown(
                    try images?.train ?? ensemble.attachment(named: EnsembleLayout.imagesTrain), audit.ensemble.train,
                    warn)
            ), classNames: classNames, tables: String(folder.split(separator: "/").last ?? ""))
        try AtomicFile.write(
            zip(
                Self.tables,
                [
                    audit.suspectsTable(labels: ensemble.trainLabels), audit.copiesTable, audit.duplicatesTable,
                    try audit.json(),
                ]
            ).map { ("\(folder)/\($0)", $1) }, then: (self.page, try page.html()))
    }

    private static func shown(_ tensor: Tensor?, _ examples: Int, _ warn: (String) -> Void) -> ExampleImages? {
        guard let tensor else { return nil }
        let images = Images(tensor, examples: examples).map { ExampleImages($0) }
        if images == nil {
            warn(
                """
                \(tensor.path) has shape \(tensor.shape) of \(tensor.elementType), not \(examples) images of bytes: \
                left out
                """)
        }
        return images
    }
}
