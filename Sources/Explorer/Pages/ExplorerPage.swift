import Ensembles
import Reports
import UserMessages

/// The frame of every page of the explorer: its head, and the links above the contents.
struct ExplorerPage {
    /// The path of the explorer's pages, with a slash at both ends.
    let base: String
    let dataset: AuditedDataset
    let decisions: DecisionBook

    /// The document with the given contents.
    func html(_ title: String, _ contents: [Markup]) -> String {
        HTMLDocument.text(
            title,
            head: [
                Markup("link", ["rel": "stylesheet", "href": "\(base)explore.css"]),
                Markup("script", ["src": "\(base)explore.js", "defer": ""]),
            ], body: [links, Markup("main", [:], contents)])
    }

    /// The links above every page.
    var links: Markup {
        Markup(
            "nav", ["class": "explorer", "aria-label": "Explorer"],
            [
                ("", "Report"), (ExampleSet.train.rawValue, ExampleSet.train.title),
                (ExampleSet.test.rawValue, ExampleSet.test.title),
                ("decisions", "Decisions (\(NumberText.grouped(decisions.count)))"),
            ].map { Self.link(base + $0.0, $0.1) })
    }

    static func link(_ address: String, _ words: String) -> Markup {
        Markup("a", ["href": address], [Markup(text: words)])
    }

    /// The address of an example, in a list.
    func address(_ example: Int, _ set: ExampleSet, in query: ExampleQuery? = nil) -> String {
        Self.address("\(base)\(set.rawValue)/\(example)", query?.fields ?? FormFields([]))
    }

    /// The address of a list.
    ///
    /// - Parameter from: The place at which it begins; nil for the first.
    func address(of query: ExampleQuery, from: Int? = nil) -> String {
        Self.address("\(base)\(query.set.rawValue)", query.fields + (from.map { [("from", "\($0)")] } ?? []))
    }

    private static func address(_ path: String, _ fields: FormFields) -> String {
        fields.text.isEmpty ? path : "\(path)?\(fields.text)"
    }

    /// The image or text of an example, or its number.
    func picture(_ example: Int, _ examples: AuditedExamples) -> Markup {
        if let images = examples.shown.images {
            let words = "\(examples.set.adjective) example \(example)"
            return Markup(
                "img",
                [
                    "class": images.pictureClass, "loading": "lazy",
                    "src": "\(base)image/\(examples.set.rawValue)/\(example)", "alt": words,
                ])
        }
        if let text = examples.shown.beginning(of: example, upTo: 120) {
            return Markup("span", ["class": "text"], [Markup(text: text)])
        }
        return Markup("span", ["class": "none"], [Markup(text: "\(example)")])
    }

    /// A picture that leads to an example, with a line below it.
    func tile(
        _ example: Int, _ examples: AuditedExamples, _ words: [String], isOther: Bool = false,
        in query: ExampleQuery? = nil
    ) -> Markup {
        let label = examples.label(example).map(dataset.name) ?? (examples.labels == nil ? "" : "unlabeled")
        var lines = label.isEmpty ? [] : [Markup("span", ["class": isOther ? "other" : "label"], [Markup(text: label)])]
        lines += words.map { Markup("span", [:], [Markup(text: $0)]) }
        if let decision = decisions[examples.set][example] {
            lines.append(Markup("span", ["class": "mark"], [Markup(text: decision.words(dataset.name))]))
        }
        return Markup(
            "a", ["class": "tile", "href": address(example, examples.set, in: query)],
            [picture(example, examples)] + lines)
    }
}

extension ExampleSet {
    /// The heading of a list of these.
    var title: String { self == .test ? "Test examples" : "Training examples" }
}

extension Decision {
    /// The decision in a few words.
    func words(_ name: (Int) -> String) -> String {
        let label: String? =
            switch verdict {
            case .right: "label is right"
            case .wrong: correct.map { "label is wrong: \(name($0))" } ?? "label is wrong"
            case nil: nil
            }
        return [label, keeps.map { $0 ? "keep" : "drop" }].compactMap(\.self).joined(separator: ", ")
    }
}
