import ArrayFiles

/// An array of a file, or a list of arrays that belong together, with what its name says.
///
/// Files hold trees: dictionaries by split or by run, tuples (logits, labels), lists of one item a run or a batch. Here
/// the tree becomes a list of arrays: a list of dictionaries or tuples is turned into a list for each of their items.
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
    /// The tuple in which the array stands beside one that looks like logits; nil if it stands in none.
    let tuple: String?
    /// What tells the run from others in the same file: the numbers and other words of its keys.
    let run: String
    /// The keys with `#` for each number, and the positions: the same for the arrays of one loop.
    let form: String

    /// The arrays of a file whose name without extension is `stem`, and its entries by run.
    static func all(in root: StoredValue, stem: String) -> (arrays: [StoredArray], entriesByRun: [EntryByRun]) {
        var collector = Collector(stem: stem)
        // numpy.savez(file, array) names its only array arr_0.
        if case .dictionary(let entries) = root, entries.count == 1, entries[0].key == "arr_0" {
            collector.visit(entries[0].value, at: [])
        } else {
            collector.visit(root, at: [])
        }
        return (collector.arrays, collector.entriesByRun)
    }

    /// An entry whose key is the number or name of a run, in a dictionary of one entry a run.
    struct EntryByRun {
        /// The name of the dictionary.
        let dictionary: String
        /// The key of the entry.
        let key: String
        /// What the entry holds.
        let value: StoredValue
    }

    /// A key of a dictionary or a position in a list.
    private struct Step {
        let text: String
        /// What the key says; nil for a position.
        let says: StoredName?

        var form: String { says?.form ?? text }

        static func key(_ key: String) -> Step { Step(text: key, says: StoredName(key)) }
        static func position(_ place: Int) -> Step { Step(text: "\(place)", says: nil) }
    }

    private struct Collector {
        let stem: String
        var arrays: [StoredArray] = []
        var entriesByRun: [EntryByRun] = []

        mutating func visit(_ value: StoredValue, at path: [Step], tuple: String? = nil) {
            switch value {
            case .dictionary(let entries):
                let steps = entries.map { Step.key($0.key) }
                let name = Self.name(of: path)
                if steps.allSatisfy({ $0.says?.isOfRun ?? false }) {
                    entriesByRun += entries.map { EntryByRun(dictionary: name, key: $0.key, value: $0.value) }
                } else if StoredName(name).isLabels, !steps.contains(where: { $0.says?.set != nil }) {
                    // Labels of another form are refused by name.
                    add(value, at: path, tuple: tuple)
                    return
                }
                for (step, entry) in zip(steps, entries) { visit(entry.value, at: path + [step], tuple: tuple) }
            case .list(let items):
                if let columns = Self.columns(of: items) {
                    for (step, column) in columns {
                        // Keys say what the columns are; of a tuple, only its shapes do.
                        visit(.list(column), at: path + [step], tuple: step.says == nil ? Self.name(of: path) : nil)
                    }
                } else if Self.isRecord(items) {
                    for (place, item) in items.enumerated() {
                        visit(item, at: path + [.position(place)], tuple: Self.name(of: path))
                    }
                } else if items.contains(where: Self.holdsOthers) {
                    for (place, item) in items.enumerated() { visit(item, at: path + [.position(place)]) }
                } else {
                    add(value, at: path, tuple: tuple)
                }
            default: add(value, at: path, tuple: tuple)
            }
        }

        private mutating func add(_ value: StoredValue, at path: [Step], tuple: String?) {
            let keys = path.compactMap(\.says)
            let isBare = keys.allSatisfy(\.isOfRun)
            let name = path.isEmpty ? stem : Self.name(of: path)
            arrays.append(
                StoredArray(
                    name: name, says: StoredName(isBare ? stem : name), value: value, isBare: isBare, tuple: tuple,
                    run: keys.map(\.run).filter { !$0.isEmpty }.joined(separator: "/"),
                    form: path.map(\.form).joined(separator: ".")))
        }

        private static func name(of path: [Step]) -> String { path.map(\.text).joined(separator: ".") }

        /// The columns of a list of dictionaries with the same keys, or of tuples such as (logits, labels). An item
        /// that is `None` is one in every column.
        private static func columns(of items: [StoredValue]) -> [(step: Step, items: [StoredValue])]? {
            let first = items.first { if case .none = $0 { false } else { true } }
            switch first {
            case .dictionary(let entries):
                let rows = items.compactMap { item -> [String: StoredValue]?? in
                    switch item {
                    case .dictionary(let entries):
                        .some(Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first })
                    case .none: .some(nil)
                    default: nil
                    }
                }
                return columns(of: rows, steps: entries.map { .key($0.key) }, count: items.count) { $0[$1.text] }
            case .list(let fields) where isRecord(fields):
                let rows = items.compactMap { item -> [StoredValue]?? in
                    switch item {
                    case .list(let fields): .some(fields)
                    case .none: .some(nil)
                    default: nil
                    }
                }
                return columns(of: rows, steps: fields.indices.map { .position($0) }, count: items.count) {
                    fields, step in
                    Int(step.text).flatMap { fields.indices.contains($0) ? fields[$0] : nil }
                }
            default: return nil
            }
        }

        private static func columns<Row>(
            of rows: [Row?], steps: [Step], count: Int, value: (Row, Step) -> StoredValue?
        ) -> [(step: Step, items: [StoredValue])]? {
            guard rows.count == count else { return nil }
            let columns = steps.map { step in
                (step: step, items: rows.compactMap { row in row.map { value($0, step) } ?? StoredValue.none })
            }
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
            // Labels may be one-hot rows of any type; of many items, runs are more likely than such labels.
            let isShort = items.count <= 4
            let count = items.count { $0.looksLikeLogits && !(isShort && $0.isOneHot) }
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

    /// Whether the value is a table of rows that are 0 but for one 1.
    var isOneHot: Bool {
        guard case .tensor(let tensor) = self, tensor.shape.count == 2, tensor.shape[0] > 0, tensor.shape[1] > 1,
            !tensor.elementType.isInteger
        else { return false }
        // The first row tells for nearly all that are not.
        return [tensor.slice(axis: 0, 0..<1), tensor].allSatisfy { rows in
            guard let numbers = try? rows.reals() else { return false }
            return stride(from: 0, to: numbers.count, by: tensor.shape[1]).allSatisfy { first in
                let row = numbers[first..<first + tensor.shape[1]]
                return row.count { $0 == 1 } == 1 && row.count { $0 == 0 } == row.count - 1
            }
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
                || tensor.shape.count == 2 && tensor.shape[1] == 1 || isOneHot
        case .texts: true
        case .list(let items):
            !items.isEmpty
                && items.allSatisfy {
                    guard case .tensor(let tensor) = $0 else { return false }
                    return tensor.elementType.isInteger && tensor.shape.isEmpty || $0.looksLikeLabels
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
