import EnsembleEvaluation
import UserMessages

/// An audit of a data set as a single, self-contained HTML page.
public struct AuditPage {
    let audit: DatasetAudit
    let labels: (test: [Int]?, train: [Int]?)
    let shown: (test: ShownExamples, train: ShownExamples)
    let classNames: [String]
    let tables: String
    /// The links of the explorer, in which the page leads from every example to its own page; nil for a file.
    let explorer: Markup?

    /// A page for an audit.
    ///
    /// - Parameters:
    ///   - labels: Labels of the examples, if known; negative for unlabeled ones.
    ///   - shown: What is shown of the examples: without images and texts, their numbers.
    ///   - classNames: A name for each class; empty for class numbers.
    ///   - tables: The path of the folder of tables, relative to the page.
    public init(
        _ audit: DatasetAudit, labels: (test: [Int]?, train: [Int]?),
        shown: (test: ShownExamples, train: ShownExamples), classNames: [String], tables: String
    ) {
        self.init(audit, labels: labels, shown: shown, classNames: classNames, tables: tables, explorer: nil)
    }

    /// The page within an explorer, whose links are above it.
    package init(
        _ audit: DatasetAudit, labels: (test: [Int]?, train: [Int]?),
        shown: (test: ShownExamples, train: ShownExamples), classNames: [String], tables: String, explorer: Markup?
    ) {
        self.audit = audit
        self.labels = labels
        self.shown = shown
        self.classNames = classNames
        self.tables = tables
        self.explorer = explorer
    }

    /// A section of the page: its anchor, heading and contents.
    struct Section {
        let id, heading, text: String
        let contents: [Markup]
        /// Whether the text says something without contents, too.
        var standsAlone = false
    }

    /// The whole document.
    ///
    /// - Throws: `ArrayFileError` if an image cannot be read.
    public func html() throws -> String {
        let size = audit.ensemble
        let title = "Data set audit by \(NumberText.grouped(size.runs)) runs"
        let sections = try [
            summary(), headline, accuracy, calibration, copies(), nearDuplicates(), failures(), suspects(), classes(),
            random(), nearestByFeatures(), runs, hardest(),
        ].compactMap(\.self).filter { $0.standsAlone || !$0.contents.isEmpty }
        let navigation = Markup(
            "nav", [:], sections.map { Markup("a", ["href": "#\($0.id)"], [Markup(text: $0.heading)]) })
        let introduction = """
            \(NumberText.grouped(size.test)) test and \(NumberText.grouped(size.train)) training examples of \
            \(size.classes) classes. In the ensemble kernel K, two examples are similar if their outputs vary together \
            over the runs.\(unlabeled)
            """
        let header = Markup(
            "header", [:], [Markup("h1", [:], [Markup(text: title)]), Self.paragraph(introduction), navigation])
        return HTMLDocument.text(
            title, head: explorer == nil ? [] : [Markup("link", ["rel": "stylesheet", "href": "explore.css"])],
            body: [explorer].compactMap(\.self) + [
                header, Markup("main", [:], sections.map(Self.markup)),
                Markup("footer", [:], [Self.paragraph(origin)]),
            ] + (explorer == nil ? [Markup("script", [:], [Markup(raw: Self.script)])] : []))
    }

    /// What the page does besides showing everything.
    private static let script = String(decoding: PackageResources.page_js, as: UTF8.self)

    /// Whether a thousand images are no burden for the page.
    var showsSmallImages: Bool {
        shown.train.images.map { $0.array.map { $0.pixels <= 1_024 } ?? false } ?? true
    }

    /// What the page was made of, and how.
    private var origin: String {
        let settings = audit.settings.map {
            "; --transform \($0.transform.rawValue) --duplicate-similarity \($0.duplicate_similarity) --seed \($0.seed)"
        }
        let sources = audit.ensemble.reading ?? audit.ensemble.sources.joined(separator: ", ")
        return "ensemble-kernel-mpi \(audit.version), report\(settings ?? ""); \(sources)"
    }

    /// A sentence about the unlabeled examples; empty if there are none.
    private var unlabeled: String {
        audit.ensemble.unlabeled.map {
            """
             \(NumberText.grouped($0.test)) test and \(NumberText.grouped($0.train)) training examples are unlabeled: \
            they neither vote nor count in accuracies.
            """
        } ?? ""
    }

    private static func markup(_ section: Section) -> Markup {
        Markup(
            "section", ["id": section.id],
            [Markup("h2", [:], [Markup(text: section.heading)]), paragraph(section.text)] + section.contents)
    }
}
