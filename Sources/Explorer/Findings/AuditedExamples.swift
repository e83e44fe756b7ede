import ArrayFiles
import EnsembleEvaluation
import Ensembles
import Reports
import UserMessages

/// The examples of one set, and what a report has found about each.
struct AuditedExamples: Sendable {
    let set: ExampleSet
    let count: Int
    /// The labels, negative for an unlabeled example; nil if there are none.
    let labels: [Int]?
    let shown: ShownExamples
    /// Mean probabilities by the runs.
    let average: ClassProbabilities
    /// Probabilities by the vote of the neighbors; nil without labels of the training examples.
    let vote: ClassProbabilities?
    /// Neighbors by the kernel.
    let byKernel: SavedNeighbors
    /// Neighbors by the locally scaled kernel; nil without labels.
    let byScaledKernel: SavedNeighbors?
    /// The names of files and the texts, for searches.
    let names, texts: SearchableLines?
    /// The copies among the examples.
    let copies: [Int: ImageCopy]
    /// The copies in the order of the report.
    let listedCopies: [Int]
    /// The number of each example's group of near-duplicates.
    let groups: [Int: Int]
    /// The suspects among training examples, and the place of each in their list.
    let suspects: [Int: (place: Int, suspect: DatasetAudit.Suspect)]

    /// Opens the examples of a set in the folder of a report.
    ///
    /// - Throws: `ArrayFileError` if a file cannot be read, `UserError` (65) if the files do not belong together.
    init(_ set: ExampleSet, in folder: String, audit: DatasetAudit, shown: ShownExamples) throws {
        let count = set == .test ? audit.ensemble.test : audit.ensemble.train
        (self.set, self.count) = (set, count)
        let suffix = set == .test ? "" : "_train"
        func file(_ name: String) -> String? {
            let path = "\(folder)/\(name)"
            return FileSystem.kind(of: path) == nil ? nil : path
        }
        labels = try file(AuditFiles.labels[set == .test ? 0 : 1]).map { path in
            let labels = try ArrayFile.open(path).first?.integers() ?? []
            guard labels.count == count, labels.allSatisfy({ $0 < audit.ensemble.classes }) else {
                throw UserError.badData(
                    "\(path): has not one label of \(audit.ensemble.classes) for each of \(count) examples")
            }
            return labels
        }
        self.shown = shown
        let shape = (examples: count, classes: audit.ensemble.classes)
        average = try ClassProbabilities("\(folder)/targets_ensemble\(suffix).npy", shape)
        vote = try file("targets_kernel\(suffix).npy").map { try ClassProbabilities($0, shape) }
        func neighbors(isScaled: Bool) throws -> SavedNeighbors {
            try SavedNeighbors(
                NeighborTables.files(set, isScaled: isScaled), in: folder, examples: count, of: audit.ensemble.train)
        }
        byKernel = try neighbors(isScaled: false)
        byScaledKernel =
            try file(NeighborTables.files(set, isScaled: true).neighbors).map { _ in try neighbors(isScaled: true) }
        (names, texts) = (shown.fileNames.map(SearchableLines.init), shown.texts.map(SearchableLines.init))
        // The best match of each comes first.
        let pairs = (audit.copies?.pairs ?? []).filter { $0.set == set }
        copies = Dictionary(pairs.map { ($0.example, $0) }) { first, _ in first }
        listedCopies =
            pairs.reduce(into: (seen: Set<Int>(), listed: [Int]())) { found, copy in
                if found.seen.insert(copy.example).inserted { found.listed.append(copy.example) }
            }.listed
        groups = audit.groups.enumerated().reduce(into: [:]) { groups, found in
            for example in set == .test ? found.element.test : found.element.train { groups[example] = found.offset }
        }
        suspects =
            set == .test
            ? [:]
            : (audit.suspects ?? []).enumerated().reduce(into: [:]) { $0[$1.element.train] = ($1.offset, $1.element) }
    }

    /// The label of an example; nil if it has none.
    func label(_ example: Int) -> Int? { labels.flatMap { $0[example].isClass ? $0[example] : nil } }

    /// Whether the average of the runs predicts another class than the label.
    func isMistaken(_ example: Int) -> Bool { label(example).map { $0 != Int(average.predicted[example]) } ?? false }

    /// The name of an example: that of its file, or its number.
    func name(_ example: Int) -> String { shown.name(example, of: set) }
}
