import EnsembleEvaluation
import Ensembles
import KernelPrediction
import UserMessages

extension AuditPage {
    /// Numbers of copies and of suspects on the page; the tables have all of them.
    private static let copiesShown = 48
    private var suspectsShown: Int { explorer == nil && showsSmallImages ? 192 : 48 }

    func copies() throws -> Section? {
        guard let copies = audit.copies else { return nil }
        let neighbors = DatasetAudit.Copies.comparedNeighbors
        let compared = """
            Each example was compared with its \(neighbors.byKernel) nearest training examples by the kernel and the \
            \(neighbors.bySpectra) nearest by the spectrum of the image: pixel by pixel, and by the correlation of \
            edges, with one image shifted, mirrored or enlarged so that the two match best. Pairs count as copies from \
            a correlation of \(Self.span(copies.least_correlations)) on; few other images match so well.
            """
        var text = "No image was found to be a copy of a training image. \(compared)"
        if !copies.pairs.isEmpty {
            let exact = copies.pairs.count { $0.match.exact }
            let isOne = copies.test + copies.train == 1
            text = """
                The images of \(NumberText.count(copies.test, "test example")) and \
                \(NumberText.count(copies.train, "training example")) \(isOne ? "is a copy" : "are copies") of \
                training images: \(NumberText.count(exact, "pair")) with equal pixels, \
                \(NumberText.grouped(copies.pairs.count - exact)) altered. \(compared)\(worth(copies)) All pairs \
                are in copies.csv.
                """
        }
        return Section(
            id: "copies", heading: "Copies", text: text,
            contents: gallery(try copies.pairs.prefix(Self.copiesShown).map(copy))
                + allInExplorer(["test?find=copies": "All test copies", "train?find=copies": "All training copies"]),
            standsAlone: true)
    }

    /// Links to lists in the explorer; none outside of it.
    private func allInExplorer(_ lists: KeyValuePairs<String, String>) -> [Markup] {
        guard explorer != nil else { return [] }
        let links = lists.map { Markup("a", ["href": $0.key], [Markup(text: $0.value)]) }
        return [Markup("p", ["class": "lists"], links)]
    }

    /// What copies change in the test accuracy.
    private func worth(_ copies: DatasetAudit.Copies) -> String {
        guard let with = copies.ensemble_with, let without = copies.ensemble_without else { return "" }
        return """
             The average of logits is correct for \(NumberText.percent(with)) % of the test examples that are copies, \
            and for \(NumberText.percent(without)) % of the others.
            """
    }

    /// The range of some numbers, or the number that all of them are.
    private static func span(_ values: [Float]) -> String {
        let (least, largest) = (values.min() ?? 0, values.max() ?? 0)
        return least == largest
            ? similarity(least) : "\(similarity(least)) to \(similarity(largest)), depending on the class,"
    }

    /// A copy beside its original.
    func copy(_ copy: ImageCopy) throws -> Markup {
        let label = copy.set == .test ? labels.test?[copy.example] : labels.train?[copy.example]
        let example =
            copy.set == .test
            ? try test(copy.example) : try train(copy.example, nil)
        return figure(
            [example, try train(copy.copy_of, label)], copy.match.words, number: copy.example)
    }

    func nearDuplicates() throws -> Section? {
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
            Pairs with similarity K >= \(Self.similarity(leak.similarity)) are near-duplicates to the networks, which \
            treat them alike; chains of such pairs form \(NumberText.grouped(audit.groups.count)) groups. \
            \(copiesOrNot) Below are the test examples (left) with the most similar training examples (right).
            """
        return Section(
            id: "near-duplicates", heading: "Near-duplicates to the networks", text: text,
            contents: [Self.table(["", "with a near-duplicate", "without"], rows)]
                + gallery(try audit.near_duplicates.map(duplicate)))
    }

    private var copiesOrNot: String {
        audit.copies == nil
            ? "These may be copies, or only typical examples of one class: look at them before you remove any."
            : "Most are typical examples of one class. Those that are copies by their pixels are listed above."
    }

    /// A test example beside its nearest training example.
    func duplicate(_ found: DatasetAudit.TestExample) throws -> Markup {
        let nearest = found.neighbors[0]
        return figure(
            [
                try test(found.test), try train(nearest.train, labels.test?[found.test]),
            ],
            "no. \(found.rank), K = \(Self.similarity(nearest.similarity))"
                + (found.match.map { $0.exact ? "; equal pixels" : "; \($0.edges)" } ?? ""), number: found.test)
    }

    func failures() throws -> Section? {
        let figures = try (audit.failures ?? []).map { found in
            let label = labels.test?[found.test]
            let neighbors = try found.neighbors.map {
                try train($0.train, label, note: "\(name($0.train, .train)), \(Self.similarity($0.similarity))")
            }
            return figure(
                [try test(found.test)] + neighbors, "no. \(found.rank): the nearest has another label",
                number: found.test)
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
    var voters: Int { min(DatasetAuditor.suspectVote.k, audit.ensemble.train - 1) }

    /// What the label of a suspect is, and what it should be.
    func titled(_ suspect: DatasetAudit.Suspect) -> String {
        "\(labels.train.map { name($0[suspect.train]) } ?? "?") → \(name(suspect.suggested))"
    }

    private func probability(of suspect: DatasetAudit.Suspect) -> String? {
        guard let probability = suspect.label_probability, let labels = labels.train else { return nil }
        let percent = 100 * probability
        return "probability of \(name(labels[suspect.train])): "
            + (percent < 0.01 ? "below 0.01 %" : "\(NumberText.number(percent, 2)) %")
    }

    /// Whose probabilities suspects are sorted by.
    private var experts: String {
        audit.suspects_by == .vote
            ? "that vote (the runs disagree with most labels, and have no say here)"
            : "the product of that vote and the average of the runs"
    }

    func suspects() throws -> Section? {
        let figures = try (audit.suspects ?? []).prefix(suspectsShown).map { suspect in
            let neighbors = try suspect.neighbors.map {
                try train($0.train, labels.train?[suspect.train], note: Self.similarity($0.similarity))
            }
            return figure(
                [try train(suspect.train, nil)] + neighbors, probability(of: suspect), title: titled(suspect),
                number: suspect.train)
        }
        return Section(
            id: "suspects", heading: "Label suspects",
            text: """
                Likely label errors: training examples whose \(voters) nearest neighbors vote for another label. Above \
                each are the given label → the suggested one. Suspects are sorted by the probability of the given \
                label, by \(experts), the least probable first. It is a measure for sorting: labels are wrong less \
                often than it says. The example is at the left, beside it the nearest three of its neighbors. All \
                suspects are in suspects.csv.
                """,
            contents: gallery(figures) + allInExplorer(["train?find=suspects": "All suspects"]))
    }

    func random() throws -> Section? {
        let figures = try audit.random.enumerated().map { place, found in
            let label = labels.test?[found.test]
            let byKernel = try found.neighbors.prefix(2).map {
                try train($0.train, label, note: "kernel, \(Self.similarity($0.similarity))")
            }
            let byFeatures = try (audit.nearest_by_features?[place] ?? []).map {
                try train($0, label, note: "features")
            }
            return figure([try test(found.test)] + byKernel + byFeatures, number: found.test)
        }
        let byFeatures = audit.nearest_by_features == nil ? "" : " and by the penultimate features of one network"
        return Section(
            id: "random", heading: "Random examples",
            text: "Random test examples with their two nearest training examples by the kernel\(byFeatures).",
            contents: gallery(figures))
    }

    func nearestByFeatures() throws -> Section? {
        guard let pairs = audit.nearest_pairs_by_features, !pairs.isEmpty else { return nil }
        var copies = ""
        if let found = audit.copies {
            let known = Set(found.pairs.filter { $0.set == .test }.map { [$0.example, $0.copy_of] })
            let count = pairs.count { known.contains([$0.test, $0.train]) || $0.match?.exact == true }
            copies = " Of these \(pairs.count) pairs, \(count) are copies by their pixels."
        }
        return Section(
            id: "features", heading: "Nearest pairs by features",
            text: """
                The test examples that are nearest to a training example by the Euclidean distance of features, the \
                outputs of the last hidden layer of one network. One network places examples close together that it \
                is sure of, whatever they look like; compare these with the pairs by the kernel above.\(copies)
                """,
            contents: gallery(
                try pairs.map { pair in
                    figure(
                        [try test(pair.test), try train(pair.train, labels.test?[pair.test])],
                        "distance \(Self.similarity(pair.distance))"
                            + (pair.match.map { $0.exact ? "; equal pixels" : "; \($0.edges)" } ?? ""),
                        number: pair.test)
                }))
    }

    func hardest() throws -> Section? {
        let runs = NumberText.grouped(audit.ensemble.runs)
        let figures = try (audit.hardest ?? []).map {
            try test($0.test, note: "\(name($0.test, .test)), \(NumberText.grouped($0.right)) of \(runs) runs")
        }
        return Section(
            id: "hardest", heading: "Hardest examples", text: "Test examples that the fewest runs predict correctly.",
            contents: figures.isEmpty ? [] : [figure(figures)])
    }
}

extension PixelMatch {
    /// How well the edges match, in words.
    fileprivate var edges: String { "edge correlation \(AuditPage.similarity(correlation))" }

    /// How a copy was changed, in a few words.
    package var words: String {
        if exact { return "equal pixels" }
        let changes = [
            mirrored ? "mirrored" : nil, shift.map { $0 == [0, 0] ? nil : "moved" } ?? nil,
            zoom > 1 ? "cropped" : zoom < 1 ? "original is cropped" : nil,
        ].compactMap(\.self)
        return (changes + [edges]).joined(separator: ", ")
    }
}
