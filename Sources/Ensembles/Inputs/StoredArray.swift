import ArrayFiles

/// An array of a file, or a list of arrays that belong together, with what its name says.
///
/// Files hold trees: dictionaries by split, tuples (logits, labels), lists of one item a run or a batch. Here the tree
/// becomes a list of arrays: a list of dictionaries or tuples is turned into a list for each of their items.
struct StoredArray {
    /// The name in the file: keys and positions joined by periods, or the name of a file that holds one array alone.
    let name: String
    /// What the name says.
    let says: StoredName
    /// The array: `.tensor`, `.texts` or a `.list` of these, of any depth; `.none` and `.unread` under a name that says
    /// something.
    var value: StoredValue
    /// Whether the array has no name but the file's.
    let isBare: Bool
    /// Whether the array stands in a tuple beside one that looks like logits.
    let isBesideLogits: Bool

    /// The arrays of a file whose name without extension is `stem`.
    static func all(in root: StoredValue, stem: String) -> [StoredArray] {
        var collector = Collector(stem: stem)
        // numpy.savez(file, array) names its only array arr_0.
        if case .dictionary(let entries) = root, entries.count == 1, entries[0].key == "arr_0" {
            collector.visit(entries[0].value, at: [])
        } else {
            collector.visit(root, at: [])
        }
        return collector.arrays
    }

    private struct Collector {
        let stem: String
        var arrays: [StoredArray] = []

        mutating func visit(_ value: StoredValue, at path: [String], isBesideLogits: Bool = false) {
            switch value {
            case .dictionary(let entries):
                if let items = Self.runs(of: entries) {
                    visit(.list(items), at: path, isBesideLogits: isBesideLogits)
                } else if StoredName(path.joined(separator: ".")).isLabels,
                    !entries.contains(where: { StoredName($0.key).set != nil })
                {
                    // Labels of another form are refused by name.
                    add(value, at: path, isBesideLogits: isBesideLogits)
                } else {
                    for (key, item) in entries { visit(item, at: path + [key]) }
                }
            case .list(let items):
                if let columns = Self.columns(of: items) {
                    for (key, column) in columns { visit(.list(column), at: path + [key], isBesideLogits: true) }
                } else if Self.isRecord(items) {
                    for (place, item) in items.enumerated() {
                        visit(item, at: path + ["\(place)"], isBesideLogits: true)
                    }
                } else if items.contains(where: Self.holdsOthers) {
                    for (place, item) in items.enumerated() { visit(item, at: path + ["\(place)"]) }
                } else {
                    add(value, at: path, isBesideLogits: isBesideLogits)
                }
            default: add(value, at: path, isBesideLogits: isBesideLogits)
            }
        }

        private mutating func add(_ value: StoredValue, at path: [String], isBesideLogits: Bool) {
            let isBare = path.allSatisfy { Int($0) != nil }
            let name = path.isEmpty ? stem : path.joined(separator: ".")
            arrays.append(
                StoredArray(
                    name: name, says: StoredName(isBare ? stem : name), value: value, isBare: isBare,
                    isBesideLogits: isBesideLogits))
        }

        /// The values of a dictionary whose keys are numbers or names of runs, in natural order; nil for others.
        private static func runs(of entries: [(key: String, value: StoredValue)]) -> [StoredValue]? {
            guard !entries.isEmpty,
                entries.allSatisfy({
                    let says = StoredName($0.key)
                    return says.set == nil && says.kind == nil && says.rest.isEmpty && !says.run.isEmpty
                })
            else { return nil }
            return entries.sorted { $0.key.precedesNaturally($1.key) }.map(\.value)
        }

        /// The columns of a list of dictionaries with the same keys, or of tuples such as (logits, labels).
        private static func columns(of items: [StoredValue]) -> [(key: String, items: [StoredValue])]? {
            guard let first = items.first else { return nil }
            switch first {
            case .dictionary(let entries):
                let rows = items.compactMap { item -> [String: StoredValue]? in
                    guard case .dictionary(let entries) = item else { return nil }
                    return Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
                }
                return columns(of: rows, keys: entries.map(\.key), count: items.count) { $0[$1] }
            case .list(let fields) where isRecord(fields):
                let rows = items.compactMap { if case .list(let fields) = $0 { fields } else { nil } }
                return columns(of: rows, keys: fields.indices.map(String.init), count: items.count) { fields, key in
                    Int(key).flatMap { fields.indices.contains($0) ? fields[$0] : nil }
                }
            default: return nil
            }
        }

        private static func columns<Row>(
            of rows: [Row], keys: [String], count: Int, value: (Row, String) -> StoredValue?
        ) -> [(key: String, items: [StoredValue])]? {
            guard rows.count == count else { return nil }
            let columns = keys.map { key in (key: key, items: rows.compactMap { value($0, key) }) }
            guard columns.allSatisfy({ $0.items.count == count }) else { return nil }
            // Two tuples of different lengths are two sets of examples; more are batches.
            let lengths = columns.map { Set($0.items.compactMap(\.length)).count }
            return count > 2 || lengths.allSatisfy { $0 <= 1 } ? columns : nil
        }

        /// Whether an item of a list is a dictionary or a tuple, not an array.
        private static func holdsOthers(_ item: StoredValue) -> Bool {
            switch item {
            case .dictionary: true
            case .list(let fields): isRecord(fields)
            default: false
            }
        }

        /// Whether the items of a list are of different kinds, one of them logits: a tuple, not a list of runs.
        private static func isRecord(_ items: [StoredValue]) -> Bool {
            let count = items.count { $0.looksLikeLogits }
            // A run that is not there is no reason to take the others for the parts of a tuple.
            let isMissing = items.contains { if case .none = $0 { true } else { false } }
            return items.count > 1 && count > 0 && count < items.count && !(count > 1 && isMissing)
        }
    }
}

extension StoredValue {
    /// Whether the value can be logits of one or several runs by its type and shape, or lists of such.
    var looksLikeLogits: Bool {
        switch self {
        case .tensor(let tensor):
            !tensor.elementType.isInteger && (tensor.shape.count == 2 || tensor.shape.count == 3)
                && tensor.shape.allSatisfy { $0 > 0 } && !(tensor.shape.count == 2 && tensor.shape[1] == 1)
        case .list(let items): !items.isEmpty && items.allSatisfy(\.looksLikeLogits)
        default: false
        }
    }

    /// Number of elements along the first axis; nil for values without axes.
    fileprivate var length: Int? {
        switch self {
        case .tensor(let tensor): tensor.shape.first
        case .texts(let texts): texts.count
        case .list(let items): items.count
        default: nil
        }
    }

    /// Whether the value can be labels by its type and shape.
    var looksLikeLabels: Bool {
        switch self {
        case .tensor(let tensor):
            tensor.elementType.isInteger && (1...2).contains(tensor.shape.count) || tensor.shape.count == 1
        case .texts: true
        case .list(let items):
            !items.isEmpty
                && items.allSatisfy {
                    if case .tensor(let tensor) = $0 {
                        tensor.elementType.isInteger && tensor.shape.count <= 1
                    } else {
                        false
                    }
                }
        default: false
        }
    }

    /// The type and shape for a message: `float32 (16, 60, 10)`, `8 of float32 (60, 10)`.
    var summary: String {
        switch self {
        case .tensor(let tensor): "\(tensor.elementType.rawValue) \(tensor.shapeText)"
        case .texts(let texts): "text (\(texts.count),)"
        case .list(let items) where items.isEmpty: "an empty list"
        case .list(let items): "\(items.count) of \(items[0].summary)"
        case .dictionary(let entries): "a dictionary of \(entries.count)"
        case .plain: "a single value"
        case .none: "None"
        case .unread(let reason): reason
        }
    }
}
