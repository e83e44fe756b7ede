import EnsembleEvaluation
import EnsembleKernel
import Ensembles
import KernelPrediction
import Platform
import UserMessages

/// An audit of a data set as a single, self-contained HTML page.
public struct AuditPage {
    private let audit: DatasetAudit
    private let labels: (test: [Int]?, train: [Int]?)
    private let images: (test: ExampleImages?, train: ExampleImages?)
    private let classNames: [String]
    private let tables: String

    /// Number of suspects on the page; the table has all of them.
    private static let suspectsShown = 48

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
    private struct Section {
        let id, heading, text: String
        let contents: [Markup]
    }

    /// The whole document.
    ///
    /// - Throws: `ArrayFileError` if an image cannot be read.
    public func html() throws -> String {
        let size = audit.ensemble
        let title = "Data set audit by \(NumberText.grouped(size.runs)) runs"
        let sections = try [
            summary(), headline, accuracy, calibration, duplicates(), failures(), suspects(), random(), runs, hardest(),
        ].compactMap(\.self).filter { !$0.contents.isEmpty }
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

    private static func paragraph(_ text: String) -> Markup { Markup("p", [:], [Markup(text: text)]) }

    private static let style = """
        :root{--text:#1c1c1e;--page:#fff;--soft:#f3f3f5;--rule:#ddd;--faint:#666;--link:#0b62b8;--wrong:#b3261e}\
        @media(prefers-color-scheme:dark){:root{--text:#e6e6e8;--page:#161618;--soft:#232326;--rule:#3a3a3d;\
        --faint:#a0a0a5;--link:#7ab7ff;--wrong:#ff8a80}}\
        *{box-sizing:border-box}\
        body{margin:0 auto;max-width:1200px;padding:24px 20px 64px;background:var(--page);color:var(--text);\
        font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\
        h1{font-size:28px;line-height:1.2;margin:0 0 8px}h2{font-size:21px;margin:40px 0 4px;padding-top:8px}\
        p{margin:4px 0 14px;max-width:72ch}header p,footer p,figcaption{color:var(--faint)}footer p{font-size:13px}\
        nav{display:flex;flex-wrap:wrap;gap:6px 16px}a{color:var(--link)}.wide{overflow-x:auto}\
        .wide svg{min-width:560px;max-width:100%;height:auto;display:block}\
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
        th,td{padding:5px 14px 5px 0;text-align:left;border-bottom:1px solid var(--rule);overflow-wrap:normal}\
        td:first-child{min-width:18ch}ul{padding-left:20px;margin:4px 0 14px}\
        td+td,th+th{text-align:right}.wide+.gallery,.wide+.wide{margin-top:14px}\
        .gallery{display:flex;flex-wrap:wrap;gap:12px;padding:0;margin:0}\
        figure{margin:0;padding:10px;background:var(--soft);border-radius:8px;break-inside:avoid;max-width:100%}\
        figcaption{font-size:13px;line-height:1.35;margin-top:4px}.row{display:flex;flex-wrap:wrap;gap:8px}\
        .example{width:72px;font-size:12px;line-height:1.3}\
        .example img,.example .none{width:72px;height:72px;display:block;border-radius:4px;object-fit:contain;\
        background:#8882;image-rendering:pixelated}\
        .example .none{display:flex;align-items:center;justify-content:center;font-size:14px}\
        .example img+div,.example .none+div{margin-top:4px}.other{color:var(--wrong);font-weight:600}\
        @media(max-width:480px){body{padding:16px 12px 48px}.gallery{gap:8px}figure{padding:6px}.row{gap:6px}\
        .example,.example img,.example .none{width:66px}.example img,.example .none{height:66px}}\
        @media print{nav{display:none}body{max-width:none;padding:0}\
        h2{break-after:avoid}}
        """

    // MARK: - Summary

    /// Numbers of suspects and of near-duplicates in the summary.
    private static let (firstSuspects, firstDuplicates) = (6, 4)

    private func summary() throws -> Section? {
        func link(_ section: String, _ words: String) -> Markup {
            Markup("a", ["href": "#\(section)"], [Markup(text: words)])
        }
        func table(_ name: String) -> Markup {
            Markup("a", ["href": Self.relativeURL("\(tables)/\(name)")], [Markup(text: name)])
        }
        var items: [[Markup]] = []
        if let suspects = audit.suspects {
            items.append([
                link("suspects", NumberText.count(suspects.count, "likely label error")),
                Markup(text: " among the training examples ("), table("suspects.csv"), Markup(text: ")"),
            ])
        }
        items.append([
            link("near-duplicates", NumberText.count(audit.leak.with, "test example")),
            Markup(text: " with a near-duplicate among the training examples ("), table("near_duplicates.csv"),
            Markup(text: ")"),
        ])
        if let accuracy = audit.accuracy {
            items.append([
                link("accuracy", "\(NumberText.percent(accuracy.ensemble_logits)) % accuracy"),
                Markup(
                    text: " of the mean of logits; a single run: \(NumberText.percent(accuracy.single_model_mean)) %"),
            ])
        }
        if let bins = audit.calibration {
            let count = Double(max(1, bins.reduce(0) { $0 + $1.answers }))
            let excess = bins.reduce(0) { $0 + Double($1.answers) * ($1.confidence - $1.accuracy) } / count
            items.append([
                link("calibration", "\(NumberText.percent(abs(excess))) points"),
                Markup(
                    text: " \(excess > 0 ? "over" : "under")confident on average: confidence of the averaged "
                        + "probabilities less accuracy"),
            ])
        }
        items.append([Markup(text: "every number of this page: "), table("report.json")])
        let list = Markup("ul", [:], items.map { Markup("li", [:], $0) })
        let suspects = try (audit.suspects ?? []).prefix(Self.firstSuspects).map { suspect in
            figure(
                [try train(suspect.train, nil, note: "train \(suspect.train)")], "suggested: \(name(suspect.suggested))"
            )
        }
        let duplicates = try audit.near_duplicates.prefix(Self.firstDuplicates).map(duplicate)
        let isNoisy = audit.ensemble.runs < EnsembleSize.enoughRuns
        let warning =
            isNoisy ? "With fewer than \(EnsembleSize.enoughRuns) runs similarities are noisy. " : ""
        return Section(
            id: "summary", heading: "Summary",
            text: "\(warning)The most suspect labels and the nearest pairs, to look at first, are below.",
            contents: [list] + gallery(suspects + duplicates))
    }

    /// A path beside the page, with escapes for all bytes that mean something else in a URL (RFC 3986).
    private static func relativeURL(_ path: String) -> String {
        let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
        let digits = Array("0123456789ABCDEF")
        return path.utf8.map { byte in
            plain.contains(byte)
                ? String(UnicodeScalar(byte)) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }

    // MARK: - Numbers

    private static func similarity(_ value: Float) -> String { NumberText.number(Double(value), 3) }

    private static func table(_ headings: [String], _ rows: [[String]]) -> Markup {
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

    private static func chart(_ svg: String) -> Markup { Markup("div", ["class": "wide"], [Markup(raw: svg)]) }

    private var headline: Section? {
        guard let accuracy = audit.accuracy else { return nil }
        let selection = audit.selection == nil ? "" : " By leave-one-out: k and vote chosen on the training set."
        let control =
            accuracy.pixels == nil
            ? "" : " Pixels: the same votes by the correlation of two images, without a network."
        let text = """
            Test accuracy, and its difference from the mean of logits ± the standard error of the paired \
            difference.\(selection)\(control)
            """
        return Section(
            id: "accuracy", heading: "Accuracy",
            text: text,
            contents: [
                Self.table(
                    ["", "accuracy %", "vs. mean of logits"],
                    accuracy.rows(audit.selection).map { row in
                        [
                            row.name, NumberText.percent(row.accuracy),
                            row.difference.map { NumberText.difference($0.mean, error: $0.standard_error) } ?? "",
                        ]
                    })
            ])
    }

    private var accuracy: Section? {
        guard let sweep = audit.sweep else { return nil }
        let charts = SweepCharts(sweep)
        let forecast = sweep.reliability.forecasts
        let text = """
            Split-half correlation of similarities (1 if two halves of the runs agree about all pairs): \
            \(NumberText.number(sweep.reliability.split_half_correlation, 3)). Standard error of a similarity: \
            \(NumberText.number(forecast[0].standard_error, 3)) with \(NumberText.grouped(forecast[0].runs)) runs, \
            \(NumberText.number(forecast[2].standard_error, 3)) expected with \(NumberText.grouped(forecast[2].runs)).
            """
        return Section(
            id: "runs-and-neighbors", heading: "Accuracy by runs and neighbors", text: text,
            contents: [Self.chart(charts.byRuns.svg), Self.chart(charts.byNeighbors.svg)])
    }

    private var calibration: Section? {
        guard let metrics = audit.measures, let bins = audit.calibration else { return nil }
        let rows = [
            ("negative log-likelihood", NumberText.number(metrics.negativeLogLikelihood, 4)),
            ("negative log-likelihood at a fitted temperature", NumberText.number(-metrics.calibratedLogLikelihood, 4)),
            ("temperature", NumberText.number(metrics.temperature, 2)),
            ("Brier score", NumberText.number(metrics.brier, 4)),
            ("expected calibration error, %", NumberText.percent(metrics.expectedCalibrationError)),
        ]
        return Section(
            id: "calibration", heading: "Calibration",
            text: """
                Accuracy of the averaged probabilities by their confidence, with 95 % intervals, and the number of \
                predictions. Below the dashed diagonal they are overconfident, above it underconfident. Points of \
                fewer than \(ReliabilityDiagram.enoughPredictions) predictions are pale.
                """,
            contents: [
                Self.chart(ReliabilityDiagram(bins).svg),
                Self.table(["average of probabilities", ""], rows.map { [$0.0, $0.1] }),
            ])
    }

    // MARK: - Examples

    private func name(_ label: Int) -> String {
        guard label.isClass else { return "unlabeled" }
        return classNames.indices.contains(label) ? classNames[label] : "class \(label)"
    }

    /// An image or an index, with one or two lines below it.
    private func example(
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

    private func test(_ number: Int, note: String) throws -> Markup {
        try example(number, images.test, labels.test?[number], note)
    }

    /// A training example, whose label is highlighted if it differs from `label` and both are known.
    private func train(_ number: Int, _ label: Int?, note: String) throws -> Markup {
        let own = labels.train?[number]
        let known = [label, own].compactMap(\.self).filter(\.isClass)
        return try example(number, images.train, own, note, isOther: known.count == 2 && label != own)
    }

    private func gallery(_ figures: [Markup]) -> [Markup] {
        figures.isEmpty ? [] : [Markup("div", ["class": "gallery"], figures)]
    }

    private func figure(_ examples: [Markup], _ caption: String? = nil) -> Markup {
        let caption = caption.map { [Markup("figcaption", [:], [Markup(text: $0)])] } ?? []
        return Markup("figure", [:], [Markup("div", ["class": "row"], examples)] + caption)
    }

    private func duplicates() throws -> Section? {
        let leak = audit.leak
        func accuracies(_ name: String, _ with: Double?, _ without: Double?) -> [String]? {
            guard with != nil || without != nil else { return nil }
            return [name, with.map(NumberText.percent) ?? "–", without.map(NumberText.percent) ?? "–"]
        }
        let rows = [
            ["test examples", NumberText.grouped(leak.with), NumberText.grouped(leak.without)],
            accuracies("average of logits, accuracy %", leak.ensemble_with, leak.ensemble_without),
            accuracies("nearest neighbor, accuracy %", leak.nearest_with, leak.nearest_without),
        ].compactMap(\.self)
        let text = """
            Pairs with similarity K >= \(Self.similarity(leak.similarity)) count as near-duplicates; chains of such \
            pairs form \(NumberText.grouped(audit.groups.count)) groups. K is high where the networks treat two \
            examples alike. These may be copies, or only typical examples of one class: look at them before you \
            remove any. Below are the test examples (left) with the most similar training examples (right).
            """
        return Section(
            id: "near-duplicates", heading: "Near-duplicates", text: text,
            contents: [Self.table(["", "with a near-duplicate", "without"], rows)]
                + gallery(try audit.near_duplicates.map(duplicate)))
    }

    /// A test example beside its nearest training example.
    private func duplicate(_ found: DatasetAudit.TestExample) throws -> Markup {
        let nearest = found.neighbors[0]
        return figure(
            [
                try test(found.test, note: "test \(found.test)"),
                try train(nearest.train, labels.test?[found.test], note: "train \(nearest.train)"),
            ], "no. \(found.rank), K = \(Self.similarity(nearest.similarity))")
    }

    private func failures() throws -> Section? {
        let figures = try (audit.failures ?? []).map { found in
            let label = labels.test?[found.test]
            let neighbors = try found.neighbors.map {
                try train($0.train, label, note: "train \($0.train), \(Self.similarity($0.similarity))")
            }
            return figure(
                [try test(found.test, note: "test \(found.test)")] + neighbors,
                "no. \(found.rank): the nearest has another label")
        }
        return Section(
            id: "failures", heading: "Failure modes",
            text: """
                Test examples whose nearest training example has another label, with their nine nearest. The number is \
                the position of the pair in the list of all test examples, the most similar pair first.
                """,
            contents: gallery(figures))
    }

    /// Number of neighbors that vote on a label.
    private var voters: Int { min(DatasetAuditor.suspectVote.k, audit.ensemble.train - 1) }

    private func suspects() throws -> Section? {
        let figures = try (audit.suspects ?? []).prefix(Self.suspectsShown).map { suspect in
            let neighbors = try suspect.neighbors.map {
                try train($0.train, labels.train?[suspect.train], note: Self.similarity($0.similarity))
            }
            return figure(
                [try train(suspect.train, nil, note: "train \(suspect.train)")] + neighbors,
                "suggested: \(name(suspect.suggested)), score \(NumberText.number(suspect.score, 2))")
        }
        return Section(
            id: "suspects", heading: "Label suspects",
            text: """
                Likely label errors: training examples whose \(voters) nearest neighbors vote for another label. The \
                score is the share of the vote for the suggested label less that for the given one, highest first. The \
                example is at the left, beside it the nearest three of its neighbors. All suspects are in suspects.csv.
                """,
            contents: gallery(figures))
    }

    private func random() throws -> Section? {
        let figures = try audit.random.enumerated().map { place, found in
            let label = labels.test?[found.test]
            let byKernel = try found.neighbors.prefix(2).map {
                try train($0.train, label, note: "kernel, \(Self.similarity($0.similarity))")
            }
            let byFeatures = try (audit.nearest_by_features?[place] ?? []).map {
                try train($0, label, note: "features")
            }
            return figure([try test(found.test, note: "test \(found.test)")] + byKernel + byFeatures)
        }
        let byFeatures = audit.nearest_by_features == nil ? "" : " and by the penultimate features of one network"
        return Section(
            id: "random", heading: "Random examples",
            text: "Random test examples with their two nearest training examples by the kernel\(byFeatures).",
            contents: gallery(figures))
    }

    // MARK: - Runs

    private var runs: Section? {
        guard let right = audit.right_of_run, let byRight = audit.examples_by_right_runs else { return nil }
        let test = Double(audit.ensemble.labeledTest)
        let accuracies = right.map { 100 * Double($0) / test }
        let (least, largest) = (accuracies.min() ?? 0, accuracies.max() ?? 0)
        let bins = min(30, max(1, Set(right).count))
        let width = max(largest - least, 0.01) / Double(bins)
        var counts = [Int](repeating: 0, count: bins)
        for accuracy in accuracies { counts[min(bins - 1, Int((accuracy - least) / width))] += 1 }
        let ofRuns = BarChart(
            title: "Accuracy of single runs", xLabel: "test accuracy, %", yLabel: "runs",
            bars: counts.enumerated().map { (x: least + (Double($0) + 0.5) * width, count: $1) })
        let groups = min(20, byRight.count)
        let shares = (0..<groups).map { group in
            byRight[group * byRight.count / groups..<(group + 1) * byRight.count / groups].reduce(0, +)
        }
        let ofExamples = BarChart(
            title: "Test examples by the share of correct runs", xLabel: "correct runs, %",
            yLabel: "test examples",
            bars: shares.enumerated().map { (x: 100 * (Double($0) + 0.5) / Double(groups), count: $1) })
        let text = """
            \(NumberText.grouped(byRight[byRight.count - 1])) test examples are predicted correctly by all runs and \
            \(NumberText.grouped(byRight[0])) by none. The runs differ on the other \
            \(NumberText.grouped(audit.ensemble.labeledTest - byRight[0] - byRight[byRight.count - 1])).
            """
        return Section(
            id: "ensemble", heading: "The runs", text: text,
            contents: [Self.chart(ofRuns.svg), Self.chart(ofExamples.svg)])
    }

    private func hardest() throws -> Section? {
        let runs = NumberText.grouped(audit.ensemble.runs)
        let figures = try (audit.hardest ?? []).map {
            try test($0.test, note: "test \($0.test), \(NumberText.grouped($0.right)) of \(runs) runs")
        }
        return Section(
            id: "hardest", heading: "Hardest examples", text: "Test examples that the fewest runs predict correctly.",
            contents: figures.isEmpty ? [] : [figure(figures)])
    }
}
