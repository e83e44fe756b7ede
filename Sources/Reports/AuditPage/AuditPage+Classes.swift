import EnsembleEvaluation
import UserMessages

extension AuditPage {
    /// The most classes with a matrix of confusions on the page.
    private static let mostInMatrix = 20
    /// Number of pairs of classes with pictures.
    private static let pairsShown = 8

    func classes() throws -> Section? {
        guard let classes = audit.classes, let confusions = audit.confusions else { return nil }
        let table = Self.table(
            ["class", "test examples", "accuracy %", "training examples", "label suspects"],
            classes.enumerated().map { label, counts in
                [
                    name(label), NumberText.grouped(counts.test),
                    counts.test == 0 ? "–" : NumberText.percent(Double(counts.right) / Double(counts.test)),
                    NumberText.grouped(counts.train), NumberText.grouped(counts.suspects),
                ]
            })
        let pairs = try confusions.prefix(Self.pairsShown).map { pair in
            figure(
                try pair.examples.map { try test($0) },
                title: "\(name(pair.label)) → \(name(pair.predicted)): \(NumberText.grouped(pair.count))")
        }
        let matrix =
            classes.count <= Self.mostInMatrix
            ? [Self.paragraph("Rows: the label. Columns: the prediction."), matrix(classes, confusions)] : []
        return Section(
            id: "classes", heading: "Classes and confusions",
            text: """
                The accuracy is that of the mean of logits. The most confused classes are below: the label → the \
                prediction, and the test examples that the fewest runs predict correctly.
                """,
            contents: [table] + matrix + gallery(pairs))
    }

    /// How many examples of each class are taken for each class. The darker, the larger the share of its row.
    private func matrix(_ classes: [DatasetAudit.ClassCounts], _ confusions: [DatasetAudit.Confusion]) -> Markup {
        var counts = classes.indices.map { label in
            classes.indices.map { $0 == label ? classes[label].right : 0 }
        }
        for pair in confusions { counts[pair.label][pair.predicted] = pair.count }
        let heading = Markup(
            "tr", [:],
            [Markup("td", [:])]
                + classes.indices.map {
                    Markup("th", ["scope": "col"], [Markup("span", [:], [Markup(text: name($0))])])
                })
        let rows = counts.enumerated().map { label, row in
            Markup(
                "tr", [:],
                [Markup("th", ["scope": "row"], [Markup(text: name(label))])]
                    + row.map { count in
                        let share = 4 * Double(count) / Double(max(1, classes[label].test))
                        return Markup(
                            "td", ["class": "share\(Int(share.rounded(.up)))"],
                            count == 0 ? [] : [Markup(text: NumberText.grouped(count))])
                    })
        }
        return Markup(
            "div", ["class": "wide"],
            [
                Markup(
                    "table", ["class": "matrix"],
                    [Markup("thead", [:], [heading]), Markup("tbody", [:], rows)])
            ])
    }
}
