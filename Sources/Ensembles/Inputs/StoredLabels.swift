import ArrayFiles
import UserMessages

/// Labels as a file holds them, before the numbers of examples and classes are known.
struct StoredLabels {
    let value: StoredValue
    /// The name of the labels in the file; the file's own where they are alone in it.
    let name: String
    /// The file.
    let path: String

    /// The file and the name in it, for messages.
    var source: String { "\(path): \(array)" }

    /// The name of the array in the file.
    private let array: String

    init(_ array: StoredArray, in file: InputFile) {
        (value, path, self.array) = (array.value, file.path, array.name)
        name = array.isBare ? file.pathBelow : array.name
    }

    /// The number of labels as far as the shape tells; nil if it does not.
    var count: Int? {
        switch value {
        case .tensor(let tensor): tensor.shape.first
        case .texts(let texts): texts.count
        case .list(let items) where isRepeated: items[0].labelCount
        case .list(let items):
            items.reduce(0 as Int?) { sum, item in
                guard let sum, case .tensor(let tensor) = item else { return nil }
                return sum + (tensor.shape.first ?? 1)
            }
        default: nil
        }
    }

    /// Whether a list holds the same labels again and again, once a run, and not one batch after the other.
    private var isRepeated: Bool {
        guard case .list(let items) = value, items.count > 1, let first = items[0].labelCount, first > 1,
            items.allSatisfy({ $0.labelCount == first }), let labels = try? items[0].plainLabels
        else { return false }
        return items.dropFirst().allSatisfy { (try? $0.plainLabels) == labels }
    }

    /// Whether there are exactly two different labels.
    var areOfTwoKinds: Bool {
        switch value {
        case .texts(let texts): Set(texts).count == 2
        default:
            (try? numbers(examples: count ?? 0, classes: 2)).map { Set($0.filter(\.isClass)).count == 2 } ?? false
        }
    }

    /// The labels as numbers: integers of any type, whole floats, booleans, one column (M, 1), one-hot rows (M, C), or
    /// lists of any of these. Rows for several runs (R, M) must agree.
    ///
    /// - Parameter names: The names of the classes in their order, for labels that are names.
    /// - Throws: `UserError` (65) naming the file, the name, and what is there instead.
    func labels(examples: Int, classes: Int, names: [String]) throws -> Labels {
        guard case .texts(let texts) = value, numbers(in: texts) == nil else {
            let numbers = try numbers(examples: examples, classes: classes)
            if classes == 2, Set(numbers) == [-1, 1] {
                throw refused(
                    "holds -1 and 1, but a negative label means unlabeled; save (y + 1) // 2, which is 0 and 1")
            }
            return Labels(numbers, source: source)
        }
        let places = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
        return Labels(texts.map { places[$0] ?? -1 }, source: source)
    }

    /// The names in labels that are names, in alphabetical order: class 0 is the first. Empty for numbers.
    ///
    /// - Throws: `UserError` (65) if there are other than `classes` names: their numbers would be unknown.
    static func classNames(of labels: [StoredLabels], classes: Int) throws -> [String] {
        let named = labels.compactMap { labels -> (source: String, texts: [String])? in
            guard case .texts(let texts) = labels.value, labels.numbers(in: texts) == nil else { return nil }
            return (labels.source, texts)
        }
        guard let first = named.first else { return [] }
        let names = Set(named.flatMap(\.texts)).sorted()
        guard names.count == classes else {
            throw UserError.badData(
                """
                \(first.source) holds \(names.count) class names for \(classes) classes, which leaves their numbers \
                unknown: \
                \(names.prefix(5).joined(separator: ", "))\(names.count > 5 ? ", .." : "")
                """)
        }
        let byNumber = names.sorted { $0.precedesNaturally($1) }
        if let place = names.indices.first(where: { names[$0] != byNumber[$0] }) {
            throw UserError.badData(
                """
                \(first.source) holds class names whose order is unclear: class \(place) is \(names[place]) in \
                alphabetical order, \(byNumber[place]) by their numbers; save class numbers
                """)
        }
        return names
    }

    /// The whole numbers that texts stand for, such as "7"; nil if one does not.
    private func numbers(in texts: [String]) -> [Int]? {
        let numbers = texts.compactMap { Int($0) }
        return numbers.count == texts.count ? numbers : nil
    }

    private func refused(_ reason: String) -> UserError {
        .badData(source + (reason.hasPrefix("[") ? "" : " ") + reason)
    }

    private func numbers(examples: Int, classes: Int) throws -> [Int] {
        switch value {
        case .tensor(let tensor): return try numbers(of: tensor, examples: examples, classes: classes)
        case .list(let items):
            guard !items.isEmpty else { throw refused("is empty: expected \(examples) labels") }
            let wrong = items.firstIndex { $0.isNoNumber } ?? items.firstIndex { $0.isNoTensor }
            if let wrong {
                throw refused("holds \(items[wrong].kindText) at place \(wrong): expected a class number an example")
            }
            let tensors = items.compactMap { if case .tensor(let tensor) = $0 { tensor } else { nil } }
            // Each may be in proportion to the file, and all of them not.
            try tensors[0].requireList(of: tensors.reduce(0) { $0 + $1.count })
            let parts = try tensors.enumerated().map { place, tensor in
                tensor.shape.isEmpty
                    ? try wholeNumbers(of: tensor, place: { _ in "[\(place)]" })
                    : try numbers(of: tensor, examples: examples, classes: classes)
            }
            // A list of one item a run repeats the labels; one of batches continues them.
            if parts.count > 1, parts.allSatisfy({ $0.count == examples }) { return try agreed(parts.map { $0[...] }) }
            return parts.flatMap { $0 }
        case .texts(let texts):
            guard let numbers = numbers(in: texts) else {
                throw refused("holds text: expected a class number an example")
            }
            return numbers
        case .unread(let reason): throw refused("is \(reason): expected a class number an example")
        default: throw refused("is \(value.summary): expected a class number an example")
        }
    }

    private func numbers(of tensor: Tensor, examples: Int, classes: Int) throws -> [Int] {
        let shape = tensor.shape
        guard tensor.count > 0 else { throw refused("has shape \(tensor.shapeText): expected \(examples) labels") }
        // Before any is read: a compressed array may claim to hold any number.
        let isOneRowARun = shape.count == 2 && shape[1] == examples
        guard shape.count > 2 || isOneRowARun || shape[0] <= examples else {
            throw Labels.wrongCount(shape[0], source: source, examples: examples)
        }
        switch shape.count {
        case 1: return try wholeNumbers(of: tensor) { "[\($0)]" }
        case 2 where shape[1] == 1: return try wholeNumbers(of: tensor) { "[\($0), 0]" }
        case 2:
            let numbers = try wholeNumbers(of: tensor) { "[\($0 / shape[1]), \($0 % shape[1])]" }
            let rows = (0..<shape[0]).lazy.map { numbers[$0 * shape[1]..<($0 + 1) * shape[1]] }
            let isOneHot = rows.allSatisfy { row in
                row.count { $0 == 1 } == 1 && row.count { $0 == 0 } == row.count - 1
            }
            if shape[1] == classes, isOneHot {
                return rows.map { row in row.firstIndex(of: 1).map { $0 - row.startIndex } ?? 0 }
            }
            if shape[1] == examples { return try agreed(rows) }
            throw refused(
                "has shape \(tensor.shapeText): expected one label an example, or one-hot rows of \(classes) classes")
        default: throw refused("has shape \(tensor.shapeText): expected one label an example")
        }
    }

    /// The labels that are the same in every row.
    private func agreed(_ rows: some Collection<ArraySlice<Int>>) throws -> [Int] {
        guard let first = rows.first.map(Array.init) else { return [] }
        for (number, row) in rows.enumerated() where row != first[...] {
            let (place, (label, expected)) = zip(row, first).enumerated().first { $1.0 != $1.1 } ?? (0, (0, 0))
            throw refused(
                "[\(number), \(place)] is \(label), but [0, \(place)] is \(expected): the runs have their examples in "
                    + "different orders")
        }
        return first
    }

    private func wholeNumbers(of tensor: Tensor, place: (Int) -> String) throws -> [Int] {
        if tensor.elementType.isInteger { return try tensor.integers() }
        return try tensor.reals().enumerated().map { index, real in
            guard let whole = Int(exactly: real) else {
                throw refused("\(place(index)) is \(real), not a whole number")
            }
            return whole
        }
    }
}

extension StoredValue {
    /// Number of labels in a part of a list; nil for other values.
    fileprivate var labelCount: Int? { if case .tensor(let tensor) = self { tensor.shape.first } else { nil } }

    /// The labels in a part of a list as they are stored; nil for other values.
    fileprivate var plainLabels: [Double]? {
        get throws {
            guard case .tensor(let tensor) = self else { return nil }
            return tensor.elementType.isInteger ? try tensor.integers().map { Double($0) } : try tensor.reals()
        }
    }

    fileprivate var isNoTensor: Bool { if case .tensor = self { false } else { true } }

    fileprivate var isNoNumber: Bool { if case .plain = self { false } else { isNoTensor } }

    /// What a value is, for messages.
    fileprivate var kindText: String {
        if case .unread(let reason) = self { reason } else { summary }
    }
}
