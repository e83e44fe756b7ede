import EnsembleEvaluation
import UserMessages

/// An audit of a data set as a single, self-contained HTML page.
public struct AuditPage {
    let audit: DatasetAudit
    let labels: (test: [Int]?, train: [Int]?)
    let images: (test: ExampleImages?, train: ExampleImages?)
    let classNames: [String]
    let tables: String

    /// A page for an audit.
    ///
    /// - Parameters:
    ///   - labels: Labels of the examples, if known; negative for unlabeled ones.
    ///   - images: Images of the examples, if there are any; otherwise indices are shown.
    ///   - classNames: A name for each class; empty for class numbers.
    ///   - tables: The path of the folder of tables, relative to the page.
    public init(
        _ audit: DatasetAudit, labels: (test: [Int]?, train: [Int]?),
        images: (test: ExampleImages?, train: ExampleImages?), classNames: [String], tables: String
    ) {
        self.audit = audit
        self.labels = labels
        self.images = images
        self.classNames = classNames
        self.tables = tables
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
            summary(), headline, accuracy, calibration, copies(), nearDuplicates(), failures(), suspects(), random(),
            runs, hardest(),
        ].compactMap(\.self).filter { $0.standsAlone || !$0.contents.isEmpty }
        let navigation = Markup(
            "nav", [:], sections.map { Markup("a", ["href": "#\($0.id)"], [Markup(text: $0.heading)]) })
        let introduction = """
            \(NumberText.grouped(size.test)) test and \(NumberText.grouped(size.train)) training examples of \
            \(size.classes) classes. In the ensemble kernel K, two examples are similar if their outputs vary together \
            over the runs.\(unlabeled)
            """
        let head = Markup(
            "head", [:],
            [
                Markup(raw: "<meta charset=\"utf-8\">"),
                Markup(raw: "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"),
                Markup(raw: "<meta name=\"color-scheme\" content=\"light dark\">"),
                Markup("title", [:], [Markup(text: title)]), Markup("style", [:], [Markup(raw: Self.style)]),
            ])
        let body = Markup(
            "body", [:],
            [
                Markup(
                    "header", [:],
                    [Markup("h1", [:], [Markup(text: title)]), Self.paragraph(introduction), navigation]),
                Markup("main", [:], sections.map(Self.markup)),
                Markup("footer", [:], [Self.paragraph(origin)]),
            ])
        return "<!doctype html>\n" + Markup("html", ["lang": "en"], [head, body]).description + "\n"
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
