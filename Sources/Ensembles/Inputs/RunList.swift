import ArrayFiles
import UserMessages

/// Logits of one or several runs as they are stored, brought into the shape (runs, examples, classes).
struct RunList {
    /// Tensors of shape (R_i, M, C), in the order of the runs.
    let tensors: [Tensor]
    /// Number of batches joined for a run; 1 if the examples were not in batches.
    let batches: Int

    /// What the labels of the examples tell of the shape of their logits.
    struct KnownLabels {
        /// Number of labels; nil if it is unknown.
        let count: Int?
        private let kinds: Kinds

        /// Whether there are exactly two different labels. They are read for this, once: compare the count first.
        var areOfTwoKinds: Bool { kinds.areTwo }

        /// What the labels of other examples of the same classes tell.
        var ofOtherExamples: KnownLabels { KnownLabels(count: nil, kinds: kinds) }

        private init(count: Int?, kinds: Kinds) { (self.count, self.kinds) = (count, kinds) }

        init(_ labels: StoredLabels) { self.init(count: labels.count, kinds: Kinds { labels.areOfTwoKinds }) }

        init(_ labels: Labels) {
            self.init(
                count: labels.values.count, kinds: Kinds { Set(labels.values.filter(\.isClass)).count == 2 })
        }

        /// The answer for every file that asks for it.
        private final class Kinds {
            private let read: () -> Bool
            private(set) lazy var areTwo = read()

            init(_ read: @escaping () -> Bool) { self.read = read }
        }
    }

    /// Number of runs of all tensors.
    var runs: Int { tensors.reduce(0) { $0 + $1.shape[0] } }

    /// Reads an array (R, M, C); an array (M, C) of one run; a list of these; a list of batches (B, C) along the
    /// examples, of which the last is shorter or which add up to the number of labels; or (R, M) for a classifier of
    /// two classes with one logit.
    ///
    /// - Parameters:
    ///   - name: The name of the value, for messages.
    ///   - labels: The labels of the examples, if there are any.
    /// - Throws: `UserError` (65) if the shapes are none of these.
    init(_ value: StoredValue, name: String, path: String, labels: KnownLabels?) throws {
        switch value {
        case .tensor(let tensor):
            batches = 1
            tensors = [try Self.runs(of: tensor, labels: labels)]
        case .list(let items) where items.isEmpty: throw UserError.badData("\(path): \(name) is empty")
        case .list(let items):
            let lists = items.compactMap { if case .list(let inner) = $0 { inner } else { nil } }
            if lists.count == items.count {
                let runs = try lists.enumerated().map { place, batches in
                    try RunList(.list(batches), name: "\(name).\(place)", path: path, labels: labels)
                }
                tensors = runs.flatMap(\.tensors)
                batches = runs.map(\.batches).max() ?? 1
                return
            }
            let parts = try items.enumerated().map { place, item in
                guard case .tensor(let tensor) = item else {
                    throw UserError.badData("\(path): \(name).\(place) is \(item.summary), not logits")
                }
                return tensor
            }
            if Self.areBatches(parts, labels: labels?.count) {
                batches = parts.count
                tensors = [try Tensor.concatenation(of: parts, name: name).unsqueezed(axis: 0)]
            } else {
                batches = 1
                tensors = try parts.map { try Self.runs(of: $0, labels: labels) }
            }
        default: throw UserError.badData("\(path): \(name) is \(value.summary), not logits")
        }
    }

    private static func areBatches(_ parts: [Tensor], labels: Int?) -> Bool {
        let lengths = parts.map { $0.shape.first ?? 0 }
        guard parts.count > 1, parts.allSatisfy({ $0.shape.count == 2 }) else { return false }
        if let labels { return lengths.reduce(0, +) == labels && lengths[0] != labels }
        // A loader fills all batches but the last. Two arrays can be two sets of examples as well.
        return parts.count > 2 && lengths.last! < lengths[0] && lengths.dropLast().allSatisfy { $0 == lengths[0] }
    }

    private static func runs(of tensor: Tensor, labels: KnownLabels?) throws -> Tensor {
        if let labels, tensor.shape.count == 1, labels.count ?? tensor.shape[0] == tensor.shape[0],
            labels.areOfTwoKinds
        {
            return tensor.unsqueezed(axis: 1).unsqueezed(axis: 0)
        }
        guard (2...3).contains(tensor.shape.count), tensor.shape.allSatisfy({ $0 > 0 }) else {
            throw UserError.badTensor(
                tensor, "has shape \(tensor.shapeText), expected (runs, examples, classes) or (examples, classes)")
        }
        if tensor.shape.count == 3 { return tensor }
        // One logit for each of two classes: only the labels tell (R, M) from (M, C).
        let isOfOneLogit =
            labels.map { $0.count == tensor.shape[1] && $0.count != tensor.shape[0] && $0.areOfTwoKinds } ?? false
        return tensor.unsqueezed(axis: isOfOneLogit ? 2 : 0)
    }
}
