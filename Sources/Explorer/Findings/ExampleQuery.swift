import Ensembles
import Platform

/// Which examples of a set are listed, and in which order.
struct ExampleQuery: Equatable, Sendable {
    /// What was found about the examples.
    enum Finding: String, CaseIterable {
        case all, suspects, copies
        case nearDuplicates = "near-duplicates"
        case mistakes, decided
    }

    enum Order: String, CaseIterable {
        /// The order of the report's lists.
        case found
        case number
        /// The least probable label first, by the average of the runs.
        case probability
        /// The example with the most similar nearest neighbor first.
        case similarity
    }

    var set = ExampleSet.train
    var finding = Finding.all
    var order = Order.found
    var label: Int?
    /// The class that the average of the runs predicts.
    var predicted: Int?
    /// A number, a range of numbers, or a part of a file name or text.
    var search = ""

    /// The query in the fields of a form; what makes no sense there is left out.
    init(set: ExampleSet, _ fields: FormFields) {
        self.set = set
        finding = fields["find"].flatMap(Finding.init) ?? .all
        order = fields["order"].flatMap(Order.init) ?? .found
        label = fields["label"].flatMap { Int($0) }
        predicted = fields["predicted"].flatMap { Int($0) }
        search = fields["search"] ?? ""
    }

    /// The query as the fields of a form, without those that have their usual value.
    var fields: FormFields {
        FormFields(
            [
                ("find", finding == .all ? nil : finding.rawValue), ("order", order == .found ? nil : order.rawValue),
                ("label", label.map(String.init)), ("predicted", predicted.map(String.init)),
                ("search", search.isEmpty ? nil : search),
            ].compactMap { field in field.1.map { (field.0, $0) } })
    }

    /// The examples that match, in the order asked for.
    ///
    /// - Throws: `ArrayFileError` if a file has changed.
    func examples(of dataset: AuditedDataset, _ decisions: [Int: Decision]) throws -> [Int] {
        let all = dataset[set]
        var found = listed(all, decisions)
        if let label { found = found.filter { all.label($0) == label } }
        if let predicted { found = found.filter { Int(all.average.predicted[$0]) == predicted } }
        if !search.isEmpty {
            let isFound = matches(all)
            found = found.filter(isFound)
        }
        switch order {
        case .found: break
        case .number: found.sort()
        case .probability:
            let probabilities = try all.average.probabilities(of: all.labels ?? [])
            // Unlabeled examples have none.
            let hasLabel = probabilities.indices.map { all.label($0) != nil }
            if !probabilities.isEmpty {
                found.sort {
                    let (one, other) = (probabilities[$0], probabilities[$1])
                    return hasLabel[$0] == hasLabel[$1] ? (one, $0) < (other, $1) : hasLabel[$0]
                }
            }
        case .similarity:
            let nearest = all.byKernel.ofNearest
            found.sort { (nearest[$1], $0) < (nearest[$0], $1) }
        }
        return found
    }

    private func listed(_ all: AuditedExamples, _ decisions: [Int: Decision]) -> [Int] {
        switch finding {
        case .all: Array(0..<all.count)
        case .suspects: all.suspects.sorted { $0.value.place < $1.value.place }.map(\.key)
        case .copies: all.listedCopies
        case .nearDuplicates: all.groups.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
        case .mistakes: (0..<all.count).filter(all.isMistaken)
        case .decided: decisions.keys.sorted()
        }
    }

    private func matches(_ all: AuditedExamples) -> (Int) -> Bool {
        let numbers = search.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        if numbers.count == 1, let number = numbers[0] { return { $0 == number } }
        if numbers.count == 2, let first = numbers[0], let last = numbers[1] {
            return { (first...max(first, last)) ~= $0 }
        }
        let part = SearchableLines.lowered(search)
        return { example in
            all.names?.line(example, contains: part) ?? false || all.texts?.line(example, contains: part) ?? false
        }
    }
}
