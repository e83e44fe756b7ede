/// What the name of a stored array says about it: `seed_3/test_logits` holds logits of the test examples.
///
/// Names are compared without regard to case, punctuation and numbers; words for a run, such as `seed` and `run`, and
/// random identifiers say nothing.
package struct StoredName: Equatable, Sendable {
    /// The kind of numbers that a name promises.
    package enum Kind: Equatable, Sendable {
        case logits
        /// Probabilities: taken for logits where no logits are there, so that their values are noticed.
        case probabilities
        case labels
    }

    /// The test or training examples, if the name mentions them and not both.
    package let set: ExampleSet?
    /// Whether the name mentions validation examples or the like, and neither of ours: `val_logits`.
    package let isOfOtherExamples: Bool
    /// The kind that the name mentions; nil if it mentions none.
    package let kind: Kind?
    /// The other words, joined; empty if there are none.
    package let rest: String
    /// The words and numbers that tell one run from another: all but those for a set or a kind.
    package let run: String
    /// The numbers and random identifiers among those.
    package let number: String
    /// All words, with `#` for each number and random identifier: the same for the files of one loop.
    let form: String

    /// Reads a name: a key, keys joined by periods, or the name of a file without its extension.
    package init(_ name: String) {
        var set: ExampleSet?
        var isOfOtherExamples = false
        var kinds: [Kind] = []
        var rest: [String] = []
        var run: [String] = []
        var (number, form): ([String], [String]) = ([], [])
        for word in Self.words(of: name) {
            guard word.isName else {
                // 007 is 7.
                let digits = word.text.drop { $0 == "0" }
                let text = word.text.allSatisfy(\.isNumber) ? (digits.isEmpty ? "0" : String(digits)) : word.text
                run.append(text)
                number.append(text)
                form.append("#")
                continue
            }
            form.append(word.text)
            if Self.otherExamples.contains(word.text) {
                isOfOtherExamples = true
                rest.append(word.text)
                continue
            }
            guard let meaning = Self.meaning(of: word.text) else {
                run.append(word.text)
                if !Self.wordsForRuns.contains(word.text) { rest.append(word.text) }
                continue
            }
            if let mentioned = meaning.set {
                // A name of both sets is a name of neither.
                if set ?? mentioned != mentioned { rest.append(word.text) }
                set = mentioned
            }
            if let kind = meaning.kind { kinds.append(kind) }
        }
        self.set = set
        self.isOfOtherExamples = isOfOtherExamples && set == nil
        // y_pred and y_prob are predictions, but predicted labels are no labels.
        if kinds.contains(.labels), let other = kinds.first(where: { $0 != .labels }) {
            kind = rest.isEmpty && Self.words(of: name).contains { $0.text == "y" } ? other : nil
            if kind == nil { rest.append("predicted") }
        } else {
            kind = kinds.first
        }
        self.rest = rest.joined(separator: "_")
        self.run = run.joined(separator: "_")
        self.number = number.joined(separator: "_")
        self.form = form.joined(separator: "_")
    }

    /// Whether the name says nothing but which run it is: `seed_3`, `12`.
    var isOfRun: Bool { self.set == nil && kind == nil && rest.isEmpty && !run.isEmpty }

    private struct Word {
        let text: String
        /// Whether it consists of letters, and is not part of a random identifier.
        let isName: Bool
    }

    /// Letters and digits in turn, in lower case. A random identifier is one word.
    private static func words(of name: String) -> [Word] {
        var words: [Word] = []
        for part in pieces(of: name) {
            if isIdentifier(part) {
                words.append(Word(text: String(decoding: part, as: UTF8.self), isName: false))
                continue
            }
            var start = part.startIndex
            while start < part.endIndex {
                let kind = Class(part[start])
                let end = part[start...].firstIndex { Class($0) != kind } ?? part.endIndex
                if kind != .separator {
                    words.append(
                        Word(text: String(decoding: part[start..<end], as: UTF8.self), isName: kind == .letter))
                }
                start = end
            }
        }
        return words
    }

    private enum Class {
        case letter, digit, separator

        init(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...: self = .letter
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .digit
            default: self = .separator
            }
        }
    }

    /// The name in lower case, cut at everything but letters, digits and hyphens; and at hyphens, too, unless they
    /// are those of a UUID.
    private static func pieces(of name: String) -> [ArraySlice<UInt8>] {
        let bytes = Array(name.lowercased().utf8)
        return bytes.split { Class($0) == .separator && $0 != UInt8(ascii: "-") }
            .flatMap { isIdentifier($0) ? [$0] : $0.split(separator: UInt8(ascii: "-")) }
    }

    /// Whether a piece is a random identifier: at least 8 hexadecimal digits, perhaps with hyphens, as in a UUID, or 6
    /// and more letters and digits that alternate.
    private static func isIdentifier(_ bytes: ArraySlice<UInt8>) -> Bool {
        let digits = bytes.filter { $0 != UInt8(ascii: "-") }
        guard digits.contains(where: { Class($0) == .digit }), !mentionsSet(bytes) else { return false }
        if digits.count >= 8, digits.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) { return true }
        let changes = zip(bytes, bytes.dropFirst()).count { Class($0) == .digit && Class($1) == .letter }
        return digits.count == bytes.count && bytes.count >= 6 && changes >= 2
    }

    /// Whether a piece holds a whole word for a set, as `resnet18s0test` does.
    private static func mentionsSet(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.split { Class($0) != .letter }.contains {
            $0.count > 3 && sets[String(decoding: $0, as: UTF8.self)] != nil
        }
    }

    /// What a word says: `testlogits` is two.
    private static func meaning(of word: String) -> (set: ExampleSet?, kind: Kind?)? {
        if let set = sets[word] { return (set, nil) }
        if let kind = kinds[word] { return (nil, kind) }
        for (name, set) in sets where name.utf8.count > 3 {
            if word.hasPrefix(name), let kind = kinds[String(word.dropFirst(name.count))] { return (set, kind) }
            if word.hasSuffix(name), let kind = kinds[String(word.dropLast(name.count))] { return (set, kind) }
        }
        return nil
    }

    private static let sets: [String: ExampleSet] = [
        "test": .test, "testset": .test, "testing": .test, "te": .test, "tst": .test,
        "train": .train, "trainset": .train, "training": .train, "tr": .train, "trn": .train,
    ]

    /// Words for examples that are neither test nor training examples.
    private static let otherExamples: Set<String> = [
        "val", "valid", "validation", "valset", "dev", "eval", "evaluation", "holdout", "heldout", "ood", "calib",
        "calibration",
    ]

    private static let kinds: [String: Kind] = [
        "logits": .logits, "logit": .logits, "outputs": .logits, "output": .logits, "outs": .logits,
        "preds": .logits, "pred": .logits, "predictions": .logits, "prediction": .logits,
        "probs": .probabilities, "prob": .probabilities, "probabilities": .probabilities, "softmax": .probabilities,
        "labels": .labels, "label": .labels, "targets": .labels, "target": .labels, "y": .labels, "ys": .labels,
        "truth": .labels, "gt": .labels,
    ]

    /// Whether the name is that of a part of a run, which a process or a loader wrote by itself: `seed_3_rank0`.
    var isOfPart: Bool { !Self.wordsForParts.isDisjoint(with: rest.split(separator: "_").map(String.init)) }

    private static let wordsForParts: Set<String> = ["rank", "batch", "chunk", "worker", "gpu", "proc"]

    /// Words beside the number of a run, or beside a word for labels, that say nothing of their own.
    private static let wordsForRuns: Set<String> = [
        "seed", "run", "model", "member", "net", "network", "fold", "trial", "rep", "exp", "ids", "ground", "true",
    ]
}
