import EnsembleEvaluation
import Ensembles
import UserMessages

extension AuditPage {
    package static func paragraph(_ text: String) -> Markup { Markup("p", [:], [Markup(text: text)]) }

    package static func similarity(_ value: Float) -> String { NumberText.number(Double(value), 3) }

    package static func table(_ headings: [String], _ rows: [[String]]) -> Markup {
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

    /// The name of an example: that of its file, or its number.
    func name(_ example: Int, _ set: ExampleSet) -> String {
        (set == .test ? shown.test : shown.train).name(example, of: set)
    }

    /// Charts side by side where there is room.
    static func charts(_ svgs: String...) -> Markup { Markup("div", ["class": "charts"], svgs.map { Markup(raw: $0) }) }

    func name(_ label: Int) -> String {
        guard label.isClass else { return "unlabeled" }
        return classNames.indices.contains(label) ? classNames[label] : "class \(label)"
    }

    /// An image, a text or an index, with one or two lines below it.
    private func example(
        _ number: Int, of set: ExampleSet, _ label: Int?, _ note: String, isOther: Bool = false
    ) throws -> Markup {
        let shown = set == .test ? shown.test : shown.train
        var picture: Markup
        if let images = shown.images,
            let address = try explorer == nil ? images.address(of: number) : "image/\(set.rawValue)/\(number)"
        {
            picture = Markup("img", ["class": images.pictureClass, "src": address, "alt": "example \(number)"])
        } else if let text = shown.beginning(of: number, upTo: Self.longestText) {
            picture = Markup("div", ["class": "text"], [Markup(text: text)])
        } else {
            picture = Markup("div", ["class": "none"], [Markup(text: "\(number)")])
        }
        if explorer != nil { picture = Markup("a", ["href": "\(set.rawValue)/\(number)"], [picture]) }
        let named =
            label.map { [Markup("div", ["class": isOther ? "other" : "label"], [Markup(text: name($0))])] } ?? []
        return Markup(
            "div", ["class": "example"], [picture] + named + [Markup("div", [:], [Markup(text: note)])])
    }

    /// A test example, with a note below its label; its name if none is given.
    func test(_ number: Int, note: String? = nil) throws -> Markup {
        try example(number, of: .test, labels.test?[number], note ?? name(number, .test))
    }

    /// A training example, whose label is highlighted if it differs from `label` and both are known.
    func train(_ number: Int, _ label: Int?, note: String? = nil) throws -> Markup {
        let note = note ?? name(number, .train)
        let own = labels.train?[number]
        let known = [label, own].compactMap(\.self).filter(\.isClass)
        return try example(number, of: .train, own, note, isOther: known.count == 2 && label != own)
    }

    /// The longest text of an example that is shown whole.
    private static let longestText = 200

    func gallery(_ figures: [Markup]) -> [Markup] {
        figures.isEmpty ? [] : [Markup("div", ["class": "gallery"], figures)]
    }

    /// - Parameter number: The number of the example that is shown, by which a script sorts.
    func figure(
        _ examples: [Markup], _ caption: String? = nil, title: String? = nil, number: Int? = nil
    ) -> Markup {
        let title = title.map { [Markup("div", ["class": "title"], [Markup(text: $0)])] } ?? []
        let caption = caption.map { [Markup("figcaption", [:], [Markup(text: $0)])] } ?? []
        let attributes: KeyValuePairs<String, String> = number.map { ["data-number": "\($0)"] } ?? [:]
        return Markup("figure", attributes, title + [Markup("div", ["class": "row"], examples)] + caption)
    }
}
