import ArrayFiles
import Ensembles
import Platform
import Reports
import UserMessages

/// The pages of an explorer: the report, every example with its neighbors, and what is decided about them. Nothing but
/// the decisions can be changed by it.
public final class Explorer: Sendable {
    private let dataset: AuditedDataset
    private let decisions: DecisionBook
    private let folder: String
    /// The path of all pages, which nobody can guess.
    let base: String

    /// Opens what `report` has written.
    ///
    /// - Parameters:
    ///   - report: The folder of the tables, or the page beside it.
    ///   - dataset: The data set that has the images, if it is elsewhere than the report says.
    ///   - token: The first part of all addresses.
    ///   - warn: Called with a message about what is left out.
    /// - Throws: `UserError`: 66 if there is no report, 65 if its files do not belong together; `ArrayFileError` if one
    ///   cannot be read.
    public init(of report: String, dataset: String?, token: String, warn: (String) -> Void) throws {
        (folder, base) = (Self.folder(of: report), "/\(token)/")
        self.dataset = try AuditedDataset(folder, dataset: dataset, warn: warn)
        decisions = try DecisionBook(in: folder, about: self.dataset, warn: warn)
    }

    /// The folder of the tables: of a page, of the page `report.html` in a folder, or given itself.
    private static func folder(of report: String) -> String {
        var path = report
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let page = FileSystem.joined(path, "report.html")
        return switch (FileSystem.kind(of: path), FileSystem.kind(of: page)) {
        case (.file, _): AuditFiles(page: path).folder
        case (.folder, .file): AuditFiles(page: page).folder
        default: path
        }
    }

    /// The answer to a request.
    func response(to request: Request) -> Response {
        guard request.path.hasPrefix(base) else { return .text("There is no such page.\n", .notFound) }
        let parts = request.path.dropFirst(base.count).split(separator: "/", omittingEmptySubsequences: false)
            .map(String.init)
        do {
            switch request.method {
            case .get, .head: return try page(parts, request.query) ?? .text("There is no such page.\n", .notFound)
            case .post where parts == ["decisions"]: return try decide(request)
            case .post, .other: return .text("This can only be read.\n", .methodNotAllowed)
            }
        } catch {
            return .text("\(TerminalText.line("\(error)"))\n", .failed)
        }
    }

    private var frame: ExplorerPage {
        ExplorerPage(base: base, dataset: dataset, decisions: decisions)
    }

    private func page(_ parts: [String], _ query: FormFields) throws -> Response? {
        switch (parts.count, parts[0]) {
        case (1, ""): return .html(try report())
        case (1, "train"), (1, "test"): return try list(ExampleSet(rawValue: parts[0])!, query)
        case (2, "train"), (2, "test"):
            let set = ExampleSet(rawValue: parts[0])!
            return try number(parts[1], in: set).map { try example($0, of: set, query) }
        case (3, "image"):
            guard let set = ExampleSet(rawValue: parts[1]), let example = number(parts[2], in: set),
                let file = try dataset[set].shown.images?.file(of: example)
            else { return nil }
            return Response(type: file.type, body: file.bytes, lasts: true)
        case (1, "decisions"): return .html(DecisionsPage(frame: frame, folder: folder).html)
        case (1, DecisionBook.tableName): return .text(decisions.csv, type: "text/csv")
        case (1, DecisionBook.listName): return .text(decisions.list)
        case (1, "explore.css"): return .text(Self.asset(PackageResources.explore_css), type: "text/css")
        case (1, "explore.js"): return .text(Self.asset(PackageResources.explore_js), type: "text/javascript")
        case (2, "tables"):
            guard AuditFiles.tables.contains(parts[1]),
                let contents = try FileSystem.contents(of: "\(folder)/\(parts[1])")
            else { return nil }
            return .text(
                String(decoding: contents, as: UTF8.self),
                type: parts[1].hasSuffix(".json") ? "application/json" : "text/csv")
        default: return nil
        }
    }

    private static func asset(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func number(_ text: String, in set: ExampleSet) -> Int? {
        Int(text).flatMap { 0..<dataset[set].count ~= $0 ? $0 : nil }
    }

    /// The page of the report, whose examples lead to their own pages.
    private func report() throws -> String {
        try AuditPage(
            dataset.audit, labels: (dataset.test.labels, dataset.train.labels),
            shown: (dataset.test.shown, dataset.train.shown), classNames: dataset.classNames, tables: "tables",
            explorer: frame.links
        ).html()
    }

    private func list(_ set: ExampleSet, _ fields: FormFields) throws -> Response {
        let query = ExampleQuery(set: set, fields)
        let found = try query.examples(of: dataset, decisions[set])
        let from = fields["from"].flatMap { Int($0) } ?? 0
        return .html(
            ListPage(frame: frame, query: query, found: found, from: min(max(0, from), found.count)).html)
    }

    private func example(_ example: Int, of set: ExampleSet, _ fields: FormFields) throws -> Response {
        let query = ExampleQuery(set: set, fields)
        return .html(
            try ExamplePage(
                frame: frame, set: set, example: example, query: query,
                list: try query.examples(of: dataset, decisions[set]), decision: decisions[set][example] ?? Decision()
            ).html())
    }

    /// Keeps a decision, and leads back to its example; scripts get the number of all decisions.
    private func decide(_ request: Request) throws -> Response {
        let fields = request.body
        guard decisions.isWritable else { return .text("Nothing can be decided here.\n", .forbidden) }
        guard let set = fields["set"].flatMap(ExampleSet.init), let example = fields["example"],
            let example = number(example, in: set), let decision = decision(fields, about: example, of: set)
        else { return .text("This is no decision about an example.\n", .badRequest) }
        try decisions.set(decision, about: example, of: set)
        if request.wantsText { return .text(NumberText.grouped(decisions.count)) }
        let query = ExampleQuery(set: set, FormFields(parsing: fields["list"] ?? ""))
        return Response(status: .seeOther, location: frame.address(example, set, in: query))
    }

    /// The decision in the fields of a form; nil if one of them makes no sense.
    private func decision(_ fields: FormFields, about example: Int, of set: ExampleSet) -> Decision? {
        var decision = Decision()
        if let label = fields["label"] {
            guard let verdict = Decision.Verdict(rawValue: label), dataset[set].label(example) != nil else {
                return nil
            }
            decision.verdict = verdict
        }
        if let correct = fields["correct"] {
            guard let correct = Int(correct), dataset.classes.contains(correct) else { return nil }
            // The form always has one: it counts for a wrong label only, which it cannot be.
            if decision.verdict == .wrong {
                guard correct != dataset[set].label(example) else { return nil }
                decision.correct = correct
            }
        }
        if let keep = fields["keep"] {
            guard let keeps = ["1": true, "0": false][keep] else { return nil }
            decision.keeps = keeps
        }
        return decision
    }
}
