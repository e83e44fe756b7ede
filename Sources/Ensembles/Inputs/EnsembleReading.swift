import ArrayFiles
import UserMessages

/// What was read of an ensemble's files, in one line.
struct EnsembleReading {
    let parts: [LogitsPart]
    let runs: Int
    /// Whether batches were joined.
    let batches: Bool
    /// The names or files of the labels of each set; none where there are no labels.
    let labels: [(set: ExampleSet, names: [String])]
    let passedOver: [InputFolder.PassedOver]

    /// `96 runs from 96 files (seed_0 .. seed_95); labels: labels.npy; skipped: 96 checkpoint.pt (no logits)`.
    var text: String {
        var clauses = ["\(runs) \(runs == 1 ? "run" : "runs") from \(files)" + (batches ? ", batches joined" : "")]
        clauses += [ExampleSet.test, .train].compactMap(unusualName)
        clauses.append(labelClause)
        if !passedOver.isEmpty { clauses.append("skipped: \(groups.listed(upTo: 6))") }
        return clauses.joined(separator: "; ")
    }

    private var labelClause: String {
        let known = labels.filter { labels in !labels.names.isEmpty && parts.contains { $0.set == labels.set } }
        if known.isEmpty { return "no labels" }
        return "labels: "
            + known.map { set, names in
                names.count > 1
                    ? "\(names[0]) (\(set.rawValue), \(names.count) files)" : "\(names[0]) (\(set.rawValue))"
            }.joined(separator: ", ")
    }

    private var files: String {
        let paths = Self.unique(parts.map(\.file.path))
        guard paths.count > 2 else { return paths.joined(separator: " and ") }
        let names = Self.unique(parts.map(\.file.pathBelow))
        let shown = names.count == paths.count ? names : paths
        let folders = Self.unique(shown.map(FileSystem.folder))
        let all = Set(folders)
        // Files beside folders of others are shown by their own names.
        let isMixed = all.contains("") || folders.contains { all.contains(FileSystem.folder(of: $0)) }
        let ends = folders.count > 1 && !isMixed ? folders : shown
        return "\(paths.count) files (\(ends[0]) .. \(ends[ends.count - 1]))"
    }

    /// The name of the logits of a set where it is none of this program's own.
    private func unusualName(_ set: ExampleSet) -> String? {
        let own = set == .test ? EnsembleLayout.logits : EnsembleLayout.logitsTrain
        guard let part = parts.first(where: { $0.set == set }), part.array.name != own else { return nil }
        let name = part.array.isBare ? part.file.fileName : part.array.name
        return "\(set.adjective) logits: \(name)" + (part.array.isBare && parts.count > 2 ? " .." : "")
    }

    /// The files passed over, by reason and by names that differ in numbers only.
    private var groups: [String] {
        var order: [String] = []
        var groups: [String: [InputFolder.PassedOver]] = [:]
        // A folder's path ends with a slash.
        func name(_ file: InputFolder.PassedOver) -> String {
            let isFolder = file.pathBelow.hasSuffix("/")
            return FileSystem.lastComponent(of: isFolder ? String(file.pathBelow.dropLast()) : file.pathBelow)
                + (isFolder ? "/" : "")
        }
        for file in passedOver {
            let key = "\(StoredName(name(file)).form) \(file.reason ?? "")"
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(file)
        }
        return order.compactMap { groups[$0] }.map { group in
            let (first, last) = (group[0], group[group.count - 1])
            guard group.count > 1 else { return first.text }
            let names = Set(group.map(name))
            let shown = names.count == 1 ? names.first! : "\(first.pathBelow) .. \(last.pathBelow)"
            return "\(group.count) \(InputFolder.PassedOver(pathBelow: shown, reason: first.reason).text)"
        }
    }

    private static func unique(_ texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.filter { seen.insert($0).inserted }
    }
}
