import EnsembleEvaluation
import Ensembles
import Reports
import UserMessages

/// The page of one example: what is known about it, its neighbors by four measures side by side, and what was decided.
struct ExamplePage {
    let frame: ExplorerPage
    let set: ExampleSet
    let example: Int
    /// The list through which the reader walks, and its examples.
    let query: ExampleQuery
    let list: [Int]
    /// What was decided about the example.
    let decision: Decision

    /// Number of neighbors shown by pixels and features.
    private static let neighbors = 12
    /// Number of classes shown with their probabilities.
    private static let classes = 5

    private var dataset: AuditedDataset { frame.dataset }
    private var examples: AuditedExamples { dataset[set] }

    /// The document.
    ///
    /// - Throws: `ArrayFileError` or `UserError` if a file has changed, or is damaged.
    func html() throws -> String {
        let title = "\(set == .test ? "Test" : "Training") example \(example)"
        var about: [Markup] = []
        if examples.shown.images != nil || examples.shown.texts == nil {
            about.append(frame.picture(example, examples))
        }
        if let text = examples.shown.texts?[example] {
            about.append(Markup("p", ["class": "whole"], [Markup(text: text)]))
        }
        return frame.html(
            title,
            [
                Markup("h1", [:], [Markup(text: title)]), walk,
                Markup(
                    "div", ["class": "subject"],
                    [
                        Markup("div", ["class": "large"], about),
                        Markup("div", [:], try facts() + [decided]),
                    ]
                ),
                Markup("h2", [:], [Markup(text: "Nearest training examples")]),
                Markup("div", ["class": "columns"], try columns()),
            ])
    }

    /// Links to the examples before and after this one in the list.
    private var walk: Markup {
        let place = list.firstIndex(of: example)
        func link(_ other: Int?, _ words: String, _ relation: String) -> Markup? {
            other.map {
                Markup(
                    "a", ["href": frame.address($0, set, in: query), "rel": relation, "id": relation],
                    [Markup(text: words)])
            }
        }
        let listed = place.map { " \(NumberText.grouped($0 + 1)) of \(NumberText.grouped(list.count))" } ?? ""
        return Markup(
            "nav", ["class": "walk", "aria-label": "List"],
            [
                link(place.flatMap { $0 > 0 ? list[$0 - 1] : nil }, "Previous", "prev"),
                ExplorerPage.link(frame.address(of: query), "List\(listed)"),
                link(place.flatMap { $0 + 1 < list.count ? list[$0 + 1] : nil }, "Next", "next"),
            ].compactMap(\.self))
    }

    private func facts() throws -> [Markup] {
        var rows: [(String, Markup)] = []
        if let name = examples.shown.fileNames?[example] { rows.append(("file", Markup(text: name))) }
        let label = examples.label(example)
        if examples.labels != nil { rows.append(("label", Markup(text: label.map(dataset.name) ?? "unlabeled"))) }
        if let (place, suspect) = examples.suspects[example] {
            let words =
                "no. \(NumberText.grouped(place + 1)) of \(NumberText.grouped(examples.suspects.count)), neighbors say "
            rows.append(("label suspect", Markup(text: words + dataset.name(suspect.suggested))))
        }
        if let copy = examples.copies[example] {
            rows.append(
                (
                    "copy of",
                    ExplorerPage.link(
                        frame.address(copy.copy_of, .train), "\(dataset.train.name(copy.copy_of)), \(copy.match.words)")
                ))
        }
        if set == .train {
            for of in [ExampleSet.train, .test] {
                let copies = dataset[of].copies.filter { $0.value.copy_of == example }.keys.sorted()
                for copy in copies.prefix(Self.neighbors) {
                    rows.append(("original of", ExplorerPage.link(frame.address(copy, of), dataset[of].name(copy))))
                }
            }
        }
        if let group = examples.groups[example].map({ dataset.audit.groups[$0] }) {
            let others = group.train.count + group.test.count - 1
            let words =
                "\(NumberText.count(others, "other example")), K at least \(AuditPage.similarity(group.similarity))"
            rows.append(("near-duplicate of", Markup(text: words)))
        }
        let table = Markup(
            "table", ["class": "facts"],
            rows.map {
                Markup("tr", [:], [Markup("th", ["scope": "row"], [Markup(text: $0.0)]), Markup("td", [:], [$0.1])])
            })
        return (rows.isEmpty ? [] : [table]) + [try probabilities()]
    }

    /// The likeliest classes by the average of the runs and by the neighbors, and the label.
    private func probabilities() throws -> Markup {
        let (average, vote) = (try examples.average[example], try examples.vote?[example])
        func largest(_ values: [Float]) -> [Int] {
            Array(values.indices.sorted { (values[$1], $0) < (values[$0], $1) }.prefix(3))
        }
        var shown = largest(average)
        shown += largest(vote ?? []).filter { !shown.contains($0) }
        shown = Array(shown.prefix(Self.classes))
        let label = examples.label(example)
        if let label, !shown.contains(label) { shown.append(label) }
        func percent(_ value: Float) -> String { NumberText.number(100 * Double(value), 1) }
        return AuditPage.table(
            ["probability, %", "mean of the runs"] + (vote == nil ? [] : ["vote of neighbors"]),
            shown.map { label in
                let isLabel = label == examples.label(example)
                return [dataset.name(label) + (isLabel ? " (label)" : ""), percent(average[label])]
                    + (vote.map { [percent($0[label])] } ?? [])
            })
    }

    /// A form for the decision; where none can be made, what was decided.
    private var decided: Markup {
        guard frame.decisions.isWritable else { return AuditPage.paragraph(decision.words(dataset.name)) }
        func radio(_ name: String, _ value: String, _ words: String, _ isChosen: Bool, key: String) -> Markup {
            let field =
                isChosen
                ? Markup("input", ["type": "radio", "name": name, "value": value, "data-key": key, "checked": ""])
                : Markup("input", ["type": "radio", "name": name, "value": value, "data-key": key])
            return Markup("label", [:], [field, Markup(text: words), Markup("kbd", [:], [Markup(text: key)])])
        }
        func hidden(_ name: String, _ value: String) -> Markup {
            Markup("input", ["type": "hidden", "name": name, "value": value])
        }
        func group(_ title: String, _ fields: [Markup]) -> Markup {
            Markup("fieldset", [:], [Markup("legend", [:], [Markup(text: title)])] + fields)
        }
        var groups: [Markup] = []
        if examples.label(example) != nil {
            let suggested = examples.suspects[example]?.suspect.suggested
            let correct = decision.verdict == .wrong ? decision.correct : suggested
            let classes = [("", "unknown")] + dataset.classes.map { ("\($0)", dataset.name($0)) }
            groups.append(
                group(
                    "Label",
                    [
                        radio("label", "", "undecided", decision.verdict == nil, key: "u"),
                        radio("label", "right", "right", decision.verdict == .right, key: "r"),
                        radio("label", "wrong", "wrong", decision.verdict == .wrong, key: "w"),
                        ListPage.choice("It should be", "correct", classes, correct.map(String.init) ?? ""),
                    ]))
        }
        groups.append(
            group(
                "Example",
                [
                    radio("keep", "", "undecided", decision.keeps == nil, key: "x"),
                    radio("keep", "1", "keep", decision.keeps == true, key: "k"),
                    radio("keep", "0", "drop", decision.keeps == false, key: "d"),
                ]))
        return Markup(
            "form", ["class": "decision", "method": "post", "action": "\(frame.base)decisions"],
            [
                hidden("set", set.rawValue), hidden("example", "\(example)"), hidden("list", query.fields.text),
            ] + groups + [
                Markup("button", ["type": "submit"], [Markup(text: "Save")]),
                Markup(
                    "label", ["class": "scripted"],
                    [Markup("input", ["type": "checkbox", "class": "keys"]), Markup(text: "keys, also n and p")]),
                Markup("span", ["class": "saved", "role": "status"], []),
            ])
    }

    /// A column of neighbors for each measure.
    private func columns() throws -> [Markup] {
        var columns: [Markup] = []
        func add(_ heading: String, _ note: String, _ neighbors: [(train: Int, value: Float)]?) {
            guard let neighbors else { return }
            let label = examples.label(example)
            let tiles = neighbors.map { found in
                let own = dataset.train.label(found.train)
                return Markup(
                    "li", [:],
                    [
                        frame.tile(
                            found.train, dataset.train,
                            [AuditPage.similarity(found.value), dataset.train.name(found.train)],
                            isOther: label != nil && own != nil && own != label)
                    ])
            }
            columns.append(
                Markup(
                    "section", [:],
                    [
                        Markup("h3", [:], [Markup(text: heading)]), Markup("p", [:], [Markup(text: note)]),
                        Markup("ol", [:], tiles),
                    ]))
        }
        func saved(_ neighbors: SavedNeighbors?) throws -> [(train: Int, value: Float)]? {
            try neighbors?.neighbors(of: example).map { ($0.train, $0.similarity) }
        }
        add("Kernel", "similarity K", try saved(examples.byKernel))
        add("Kernel, locally scaled", "similarity S, without hubs", try saved(examples.byScaledKernel))
        add(
            "Pixels", "correlation",
            try dataset.byPixels?.nearest(to: example, of: set, most: Self.neighbors).map { ($0.train, $0.correlation) }
        )
        add(
            "Features", "distance in the last hidden layer of one network",
            try dataset.byFeatures?.nearest(to: example, of: set, most: Self.neighbors).map { ($0.train, $0.distance) })
        return columns
    }
}
