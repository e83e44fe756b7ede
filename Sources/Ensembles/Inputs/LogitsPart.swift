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
    let array: StoredArray
    let clarity: Clarity
    /// The examples; nil until it is known whether others are called training logits.
    var set: ExampleSet?
    /// Whether the name mentions no set.
    var isUnnamed = false
    /// What tells the run from the others: the folders, the file's name and the keys in it without the words for a set
    /// and for logits.
    let run: String
    /// The words of the folders and of the file that tell neither a set nor a kind nor a run: those of another loop.
    let otherWords: String

    /// Whether the name says nothing of a run, but that these are the logits: of `logits.npy`, not of `logits_3.npy`.
    var isOfWholeSet: Bool {
        clarity <= .numbered && file.says.run.isEmpty && array.run.isEmpty && (clarity == .named || set != nil)
            && (file.says.kind != nil || file.says.set != nil)
    }

    /// The arrays of a file that can be logits, in natural order of their runs.
    static func all(in file: InputFile, _ places: InputPlaces, choice: InputChoice) -> [LogitsPart] {
        guard file.mayHoldLogits else { return [] }
        let namesSets = file.arrays.contains { $0.says.set != nil && $0.value.mayBeLogits }
        let areOthers = places.areOtherExamples(in: file)
        let parts = file.arrays.compactMap { array -> LogitsPart? in
            guard let (clarity, chosen) = clarity(of: array, places.kind(of: array, in: file), choice) else {
                return nil
            }
            let isChosen = clarity == .chosen
            guard isChosen || !(array.says.set == nil && (areOthers || array.mentionsOtherExamples)) else {
                return nil
            }
            let set = chosen?.set ?? array.says.set ?? (namesSets ? nil : places.set(of: file))
            // Where the user names the logits of a set, no others are.
            if let set, !isChosen, choice.logits(of: set) != nil { return nil }
            if set == nil, !isChosen, choice.logits != nil { return nil }
            // Of logits that the user names, the name tells no run.
            let ofFile = isChosen && array.isBare ? places.number(of: file) : places.run(of: file)
            let inFile = array.isBare ? array.run : chosen?.run ?? array.run
            return LogitsPart(
                file: file, array: array, clarity: clarity, set: set, run: "\(ofFile)/\(inFile)",
                otherWords: "\(places.rest(of: file))/\(isChosen && array.isBare ? "" : file.says.rest)")
        }
        guard parts.contains(where: { !$0.array.run.isEmpty }) else { return parts }
        return parts.enumerated().sorted {
            $0.element.array.run == $1.element.array.run
                ? $0.offset < $1.offset : $0.element.array.run.precedesNaturally($1.element.array.run)
        }.map(\.element)
    }

    /// How clearly an array is called logits; of those that the user names, the set and the run in the file.
    private static func clarity(
        of array: StoredArray, _ kind: StoredName.Kind?, _ choice: InputChoice
    ) -> (Clarity, chosen: (set: ExampleSet, run: String)?)? {
        for set in [ExampleSet.test, .train] {
            if let name = choice.logits(of: set), array.isCalled(name) {
                return (.chosen, (set, StoredName(String(array.name.dropFirst(name.count))).run))
            }
        }
        if array.tuple != nil, array.value.isOneHot { return nil }
        let says = array.says
        switch kind {
        case .logits
        where says.rest.isEmpty && (array.tuple != nil ? array.value.looksLikeLogits : array.value.mayBeLogits):
            return (.named, nil)
        case .probabilities where says.rest.isEmpty && array.value.looksLikeLogits: return (.probabilities, nil)
        case .labels:
            // "label_smoothing_0" and "target_test_0" may be logits by their values.
            return array.isBare && array.tuple == nil && array.value.holdsFractions ? (.otherFile, nil) : nil
        case nil
        where says.rest.isEmpty && (says.set != nil || array.isBare)
            && (array.value.looksLikeLogits
                || array.isBare && array.tuple == nil && array.value.isColumnOfReals(named: says.set != nil)):
            return (.numbered, nil)
        default:
            guard array.isBare, array.value.looksLikeLogits, !ownResults.contains(array.name) else { return nil }
            return (.otherFile, nil)
        }
    }

    /// Files that the program itself writes.
    private static let ownResults: Set<String> = ["kernel", "neighbors", "similarities"]
}

extension StoredArray {
    /// Whether the array has a name that the user gave: its own, that of a list or dictionary around it, or, for files
    /// of one array each, the name without the numbers of runs.
    func isCalled(_ name: String) -> Bool {
        // A number is a position or a key in a file, not the name of the file 0.npy.
        let isNumber = name.allSatisfy { $0.isNumber || $0 == "." }
        if (self.name == name || self.name.hasPrefix(name + ".")) && !(isNumber && form.isEmpty) { return true }
        let asked = StoredName(name)
        // A number alone is the position of one array, not the name of all.
        guard isBare, asked.set != nil || asked.kind != nil || !asked.rest.isEmpty else { return false }
        return asked.set == says.set && asked.kind == says.kind && asked.rest == says.rest
    }

    /// Whether a name in the file mentions validation examples or the like; a file's own name is another matter.
    fileprivate var mentionsOtherExamples: Bool { !isBare && says.isOfOtherExamples }
}

extension StoredValue {
    /// Whether the value may be logits where its name says so: a tensor of numbers with a fraction or of several axes,
    /// a list of these, or something that is not read.
    var mayBeLogits: Bool {
        switch self {
        case .tensor(let tensor): !tensor.elementType.isInteger || tensor.shape.count >= 2
        case .list(let items):
            items.contains(where: \.mayBeLogits)
                && items.allSatisfy { if case .none = $0 { true } else { $0.mayBeLogits } }
        case .unread: true
        case .texts, .dictionary, .plain, .none: false
        }
    }

    /// Whether the value has the shape (M, C) of one run.
    var isOfOneRun: Bool { if case .tensor(let tensor) = self { tensor.shape.count == 2 } else { false } }

    /// Whether the value is a column (M, 1), or (M) where the name says that these are logits, of numbers of a
    /// floating-point type: one logit an example.
    fileprivate func isColumnOfReals(named: Bool) -> Bool {
        guard case .tensor(let tensor) = self, !tensor.elementType.isInteger else { return false }
        return tensor.shape.count == 2 && tensor.shape[1] == 1 || named && tensor.shape.count == 1
    }

    /// Whether the value has the shape of logits, and a number in its first row is not whole: no labels are so.
    var holdsFractions: Bool {
        guard looksLikeLogits, case .tensor(let tensor) = self else { return false }
        let numbers = (try? tensor.slice(axis: 0, 0..<1).reals()) ?? []
        return numbers.contains { $0.isFinite && $0 != $0.rounded() }
    }
}
