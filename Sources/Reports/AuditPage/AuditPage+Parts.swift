import EnsembleEvaluation
import Ensembles
import UserMessages

extension AuditPage {
    static func paragraph(_ text: String) -> Markup { Markup("p", [:], [Markup(text: text)]) }

    static func similarity(_ value: Float) -> String { NumberText.number(Double(value), 3) }

    static func table(_ headings: [String], _ rows: [[String]]) -> Markup {
        func row(_ cell: String, _ fields: [String]) -> Markup {
            Markup("tr", [:], fields.map { Markup(cell, [:], [Markup(text: $0)]) })
        }
        return Markup(
            "div", ["class": "wide"],
            [
                Markup(
                    "table", [:],
                    [
                        Markup("thead", [:], [row("th", headings)]),
                        Markup("tbody", [:], rows.map { row("td", $0) }),
                    ])
            ])
    }

    static func chart(_ svg: String) -> Markup { Markup("div", ["class": "wide"], [Markup(raw: svg)]) }

    func name(_ label: Int) -> String {
        guard label.isClass else { return "unlabeled" }
        return classNames.indices.contains(label) ? classNames[label] : "class \(label)"
    }

    /// An image or an index, with one or two lines below it.
    func example(
        _ number: Int, _ images: ExampleImages?, _ label: Int?, _ note: String, isOther: Bool = false
    ) throws -> Markup {
        let picture =
            try images.map {
                Markup(
                    raw: "<img src=\"\(try $0.address(of: number))\" alt=\"example \(number)\">")
            } ?? Markup("div", ["class": "none"], [Markup(text: "\(number)")])
        let named =
            label.map { [Markup("div", ["class": isOther ? "other" : "label"], [Markup(text: name($0))])] } ?? []
        return Markup(
            "div", ["class": "example"], [picture] + named + [Markup("div", [:], [Markup(text: note)])])
    }

    func test(_ number: Int, note: String) throws -> Markup {
        try example(number, images.test, labels.test?[number], note)
    }

    /// A training example, whose label is highlighted if it differs from `label` and both are known.
    func train(_ number: Int, _ label: Int?, note: String) throws -> Markup {
        let own = labels.train?[number]
        let known = [label, own].compactMap(\.self).filter(\.isClass)
        return try example(number, images.train, own, note, isOther: known.count == 2 && label != own)
    }

    func gallery(_ figures: [Markup]) -> [Markup] {
        figures.isEmpty ? [] : [Markup("div", ["class": "gallery"], figures)]
    }

    func figure(_ examples: [Markup], _ caption: String? = nil, title: String? = nil) -> Markup {
        let title = title.map { [Markup("div", ["class": "title"], [Markup(text: $0)])] } ?? []
        let caption = caption.map { [Markup("figcaption", [:], [Markup(text: $0)])] } ?? []
        return Markup("figure", [:], title + [Markup("div", ["class": "row"], examples)] + caption)
    }
}
