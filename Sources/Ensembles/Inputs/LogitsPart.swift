import ArrayFiles

/// An array of logits that was found, before it is decided which of those found are used.
struct LogitsPart {
    /// How clearly a name says that an array holds logits; the clearest are used.
    enum Clarity: Int, Comparable {
        /// The user gave this name.
        case chosen
        /// `logits`, `outputs` and the like.
        case named
        /// A word for the set alone, or a file without a name of its own: `test_7.npy`, `<uuid>.pt`.
        case numbered
        /// `probs` and the like: refused by their values unless the user says that they are probabilities.
        case probabilities
        /// A file of another name: `clean_0.npy`.
        case otherFile

        static func < (a: Clarity, b: Clarity) -> Bool { a.rawValue < b.rawValue }
    }

    let file: InputFile
    private(set) var array: StoredArray
    let clarity: Clarity
    /// The examples; nil until it is known whether others are called training logits.
    var set: ExampleSet?
    /// Whether the name mentions no set.
    var isUnnamed = false
    /// What tells the run from the others: the path without the words for a set and for logits.
    let run: String

    /// The same part with another value.
    func holding(_ value: StoredValue) -> LogitsPart {
        var part = self
        part.array.value = value
        return part
    }

    /// The arrays of a file that can be logits.
    static func all(in file: InputFile, argument: Int, choice: InputChoice) -> [LogitsPart] {
        guard file.mayHoldLogits else { return [] }
        let namesSets = file.arrays.contains { $0.says.set != nil && $0.value.mayBeLogits }
        return file.arrays.compactMap { array in
            guard let (clarity, chosenSet) = clarity(of: array, choice) else { return nil }
            let set = chosenSet ?? array.says.set ?? (namesSets ? nil : file.set)
            // Where the user names the logits of a set, no others are.
            if let set, clarity != .chosen, choice.logits(of: set) != nil { return nil }
            if set == nil, clarity != .chosen, choice.logits != nil { return nil }
            return LogitsPart(
                file: file, array: array, clarity: clarity, set: set, run: "\(argument)/\(file.run)")
        }
    }

    private static func clarity(of array: StoredArray, _ choice: InputChoice) -> (Clarity, ExampleSet?)? {
        for set in [ExampleSet.test, .train] {
            if let name = choice.logits(of: set), array.isCalled(name) { return (.chosen, set) }
        }
        let says = array.says
        switch says.kind {
        case .logits
        where says.rest.isEmpty && (array.isBesideLogits ? array.value.looksLikeLogits : array.value.mayBeLogits):
            return (.named, nil)
        case .probabilities where says.rest.isEmpty && array.value.looksLikeLogits: return (.probabilities, nil)
        case .labels: return nil
        case nil where says.rest.isEmpty && (says.set != nil || array.isBare) && array.value.looksLikeLogits:
            return (.numbered, nil)
        default:
            guard array.isBare, array.value.looksLikeLogits, !ownResults.contains(array.name) else { return nil }
            return (.otherFile, nil)
        }
    }

    /// Files that the program itself writes.
    private static let ownResults: Set<String> = ["kernel", "neighbors", "similarities", "masks"]
}

extension StoredArray {
    /// Whether the array has a name that the user gave: its own, that of a list or dictionary around it, or, for files
    /// of one array each, the name without the numbers of runs.
    func isCalled(_ name: String) -> Bool {
        if self.name == name || self.name.hasPrefix(name + ".") { return true }
        let asked = StoredName(name)
        return isBare && asked.set == says.set && asked.kind == says.kind && asked.rest == says.rest
            && asked != StoredName("")
    }
}

extension InputFile {
    /// The examples of which the file's own name speaks, or the folder's: `test/seed_0.npz`.
    var set: ExampleSet? {
        StoredName(ArrayFile.stem(of: fileName)).set
            ?? folder.split(separator: "/").reversed().lazy.compactMap { StoredName(String($0)).setAlone }.first
    }

    /// What tells the run of this file from others: its path without words for sets and logits, and without the number
    /// of a shard.
    var run: String {
        let folders = folder.split(separator: "/").filter { StoredName(String($0)).setAlone == nil }
        return folders.joined(separator: "/") + "/" + StoredName(Self.withoutShard(ArrayFile.stem(of: fileName))).run
    }

    /// The stem of `model-00001-of-00002` without the shard.
    private static func withoutShard(_ stem: String) -> String {
        let parts = stem.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, parts[parts.count - 2] == "of",
            [parts[parts.count - 3], parts[parts.count - 1]].allSatisfy({ $0.count == 5 && Int($0) != nil })
        else { return stem }
        return parts.dropLast(3).joined(separator: "-")
    }
}

extension StoredName {
    /// The set, if the name says nothing else but what is in it: `test`, `train_logits`.
    var setAlone: ExampleSet? { rest.isEmpty && run.isEmpty ? set : nil }
}

extension StoredValue {
    /// Whether the value may be logits where its name says so: a tensor of numbers with a fraction or of several axes,
    /// a list of these, or something that is not read.
    var mayBeLogits: Bool {
        switch self {
        case .tensor(let tensor): !tensor.elementType.isInteger || tensor.shape.count >= 2
        case .list(let items): !items.isEmpty && items.allSatisfy(\.mayBeLogits)
        case .unread: true
        case .texts, .dictionary, .plain, .none: false
        }
    }
}
