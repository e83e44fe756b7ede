import Ensembles
import Reports
import UserMessages

/// A page of a list of examples.
struct ListPage {
    let frame: ExplorerPage
    let query: ExampleQuery
    /// All examples that match.
    let found: [Int]
    /// The place in the list at which the page begins, at most its end.
    let from: Int

    /// Number of examples on a page.
    static let size = 240

    private var dataset: AuditedDataset { frame.dataset }
    private var examples: AuditedExamples { dataset[query.set] }

    var html: String {
        let shown = found[from..<min(from + Self.size, found.count)]
        let count =
            found.isEmpty
            ? "No example matches."
            : "\(NumberText.count(found.count, "example"))"
                + (shown.count < found.count
                    ? ", \(NumberText.grouped(shown.startIndex + 1)) to \(NumberText.grouped(shown.endIndex))" : "")
        let tiles = shown.map { example in
            frame.tile(example, examples, words(example), in: query)
        }
        return frame.html(
            query.set.title,
            [
                Markup("h1", [:], [Markup(text: query.set.title)]), form,
                Markup("p", ["class": "count", "role": "status"], [Markup(text: count)]),
                Markup("div", ["class": "tiles"], tiles), pages,
            ])
    }

    /// What is said of an example below its picture.
    private func words(_ example: Int) -> [String] {
        var words: [String] = []
        if let suspect = examples.suspects[example]?.suspect, query.finding == .suspects {
            words.append("→ \(dataset.name(suspect.suggested))")
        } else if examples.isMistaken(example) {
            words.append("→ \(dataset.name(Int(examples.average.predicted[example])))")
        }
        if let copy = examples.copies[example], query.finding == .copies {
            words.append("copy of train \(copy.copy_of)")
        }
        return words + [examples.name(example)]
    }

    /// Links to the pages before and after this one.
    private var pages: Markup {
        func link(_ first: Int, _ words: String, _ relation: String) -> Markup {
            Markup("a", ["href": frame.address(of: query, from: first), "rel": relation], [Markup(text: words)])
        }
        var links: [Markup] = []
        if from > 0 { links.append(link(max(0, from - Self.size), "Previous", "prev")) }
        if from + Self.size < found.count { links.append(link(from + Self.size, "Next", "next")) }
        return Markup("nav", ["class": "pages", "aria-label": "Pages"], links)
    }

    private var form: Markup {
        var finds: [(ExampleQuery.Finding, String)] = [(.all, "all (\(NumberText.grouped(examples.count)))")]
        if query.set == .train, dataset.audit.suspects != nil {
            finds.append((.suspects, "label suspects (\(NumberText.grouped(examples.suspects.count)))"))
        }
        if dataset.audit.copies != nil {
            finds.append((.copies, "copies (\(NumberText.grouped(examples.copies.count)))"))
        }
        finds.append((.nearDuplicates, "near-duplicates (\(NumberText.grouped(examples.groups.count)))"))
        if examples.labels != nil { finds.append((.mistakes, "mistakes of the mean of probabilities")) }
        finds.append((.decided, "decided (\(NumberText.grouped(frame.decisions[query.set].count)))"))
        var orders: [(ExampleQuery.Order, String)] = [
            (.found, query.finding == .suspects ? "most suspect first" : "as found"), (.number, "by number"),
        ]
        if examples.labels != nil { orders.append((.probability, "least probable label first")) }
        orders.append((.similarity, "most similar neighbor first"))
        let classes = [("", "any")] + dataset.classes.map { ("\($0)", dataset.name($0)) }
        var fields = [
            Self.choice("Show", "find", finds.map { ($0.0.rawValue, $0.1) }, query.finding.rawValue)
        ]
        if examples.labels != nil {
            fields.append(Self.choice("Label", "label", classes, query.label.map(String.init) ?? ""))
        }
        fields.append(Self.choice("Predicted", "predicted", classes, query.predicted.map(String.init) ?? ""))
        fields.append(Self.choice("Order", "order", orders.map { ($0.0.rawValue, $0.1) }, query.order.rawValue))
        fields.append(
            Markup(
                "label", [:],
                [
                    Markup(text: "Number or name"),
                    Markup("input", ["type": "search", "name": "search", "value": query.search]),
                ]))
        fields.append(Markup("button", ["type": "submit"], [Markup(text: "Show")]))
        return Markup("form", ["class": "filters", "action": "\(frame.base)\(query.set.rawValue)"], fields)
    }

    /// A field with a choice.
    static func choice(_ words: String, _ name: String, _ options: [(String, String)], _ chosen: String) -> Markup {
        Markup(
            "label", [:],
            [
                Markup(text: words),
                Markup(
                    "select", ["name": name],
                    options.map { value, words in
                        value == chosen
                            ? Markup("option", ["value": value, "selected": ""], [Markup(text: words)])
                            : Markup("option", ["value": value], [Markup(text: words)])
                    }),
            ])
    }
}
