import EnsembleEvaluation
import Ensembles
import Platform
import UserMessages

extension AuditPage {
    /// Numbers of suspects and of pairs, copies if there are any, in the summary.
    private static let (firstSuspects, firstPairs) = (6, 4)

    func summary() throws -> Section? {
        func link(_ section: String, _ words: String) -> Markup {
            Markup("a", ["href": "#\(section)"], [Markup(text: words)])
        }
        func table(_ name: String) -> Markup {
            Markup("a", ["href": PercentEncoding.encoded("\(tables)/\(name)", keeping: "/~")], [Markup(text: name)])
        }
        var items: [[Markup]] = []
        if let suspects = audit.suspects {
            let found = NumberText.count(suspects.count, "likely label error")
            items.append([
                suspects.isEmpty ? Markup(text: found) : link("suspects", found),
                Markup(text: " among the training examples ("), table("suspects.csv"), Markup(text: ")"),
            ])
        }
        if let copies = audit.copies {
            items.append([
                link("copies", NumberText.count(copies.test, "test example")),
                Markup(text: " and \(NumberText.count(copies.train, "training example")) that "),
                Markup(text: copies.test + copies.train == 1 ? "is a copy" : "are copies"),
                Markup(text: " of training examples by their pixels ("), table("copies.csv"), Markup(text: ")"),
            ])
        }
        items.append([
            link("near-duplicates", NumberText.count(audit.leak.with, "test example")),
            Markup(text: " with a near-duplicate to the networks among the training examples ("),
            table("near_duplicates.csv"), Markup(text: ")"),
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
            figure([try train(suspect.train, nil)], title: titled(suspect))
        }
        let copyFigures = try (audit.copies?.pairs ?? []).prefix(Self.firstPairs).map(copy)
        let pairs =
            try copyFigures.isEmpty
            ? audit.near_duplicates.prefix(Self.firstPairs).map(duplicate) : copyFigures
        let isNoisy = audit.ensemble.runs < EnsembleSize.enoughRuns
        let pairsShown = copyFigures.isEmpty ? "the nearest pairs" : "copies"
        let warning =
            isNoisy ? "With fewer than \(EnsembleSize.enoughRuns) runs similarities are noisy. " : ""
        return Section(
            id: "summary", heading: "Summary",
            text: "\(warning)To look at first: the most suspect labels, and \(pairsShown).",
            contents: [list] + gallery(suspects + pairs))
    }
}
