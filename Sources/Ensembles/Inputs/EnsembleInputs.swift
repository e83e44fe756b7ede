import ArrayFiles
import UserMessages

/// The arrays of an ensemble, found in files and folders as people have them.
///
/// A run is what its files hold: an array (M, C), an item of a list, a slice of an array (R, M, C). Its test and its
/// training logits are paired by what their paths have in common: `test_7.npy` with `train_7.npy`,
/// `seed_7/test_logits.npy` with `seed_7/train_logits.npy`. Runs are in the order of the paths given, and within a
/// folder in natural order.
struct EnsembleInputs {
    /// Test logits, in the order of the runs; empty if there are none.
    private(set) var test: [Tensor] = []
    /// Training logits, in the order of the runs; empty if there are none.
    private(set) var train: [Tensor] = []
    /// Labels of the test and of the training examples, from all files that have some.
    private(set) var testLabels: [StoredLabels] = []
    private(set) var trainLabels: [StoredLabels] = []
    /// The folders that were given, and those of files that were given.
    private(set) var folders: [String] = []
    /// What was read, in one line.
    private(set) var reading = ""

    let choice: InputChoice
    private let known: [ExampleSet: Labels]
    /// All files that were opened.
    private(set) var files: [InputFile] = []
    private var passedOver: [InputFolder.PassedOver] = []
    let paths: [String]

    /// Finds and opens the arrays of an ensemble. Reads headers and labels.
    ///
    /// - Throws: `UserError` (66) if a path does not exist; ``EnsembleError`` or `ArrayFileError` (65) naming what was
    ///   found instead of logits, or what does not fit together.
    ///
    /// - Parameter known: Labels that are known from elsewhere, by their set: those in the files are not read.
    init(at paths: [String], choice: InputChoice, known: [ExampleSet: Labels] = [:]) throws {
        (self.paths, self.choice, self.known) = (paths, choice, known)
        let arguments = InputArguments(paths)
        var failures: [InputFolder.Failure] = []
        for (path, place) in zip(paths, arguments.places) { failures += try open(path, place: place) }
        let places = InputPlaces(of: files, in: arguments.folder, choosesFiles: choice.files != nil)
        var parts = files.flatMap { LogitsPart.all(in: $0, places, choice: choice) }
        parts = Self.settingUnnamed(parts, to: choice.unnamed)
        try check(failures, beside: parts)
        try requireSome(parts)
        let candidates = parts
        parts = try clearest(of: Self.withoutCopies(parts))
        try requireEveryRun(parts, places)
        try findLabels(beside: parts, places)
        passOver(candidates, besides: parts, places)
        try read(parts)
    }

    private mutating func findLabels(beside parts: [LogitsPart], _ places: InputPlaces) throws {
        guard choice.readsLabels else { return }
        if known[.test] == nil { testLabels = try labels(of: .test, beside: parts, places) }
        if known[.train] == nil { trainLabels = try labels(of: .train, beside: parts, places) }
    }

    /// Opens the files of a path; returns those that cannot be opened.
    private mutating func open(_ path: String, place: String) throws -> [InputFolder.Failure] {
        switch try FileSystem.existingKind(of: path) {
        case .folder:
            folders.append(path)
            let folder = try InputFolder(path, place: place, matching: choice.files)
            files += folder.files
            passedOver += folder.passedOver
            return folder.failures
        case .file:
            files.append(try InputFile(path, place: place))
            let folder = path.contains("/") ? FileSystem.folder(of: path) : "."
            // Of many files named one by one the folder is looked at once.
            if !folders.contains(folder) {
                folders.append(folder)
                files += try labelFiles(in: folder, of: path)
            }
            return []
        case .other: throw UserError.noInput("\(path): is neither a file nor a folder")
        }
    }

    /// Checks that there are logits, and that every file that the user named holds some, or labels.
    private func requireSome(_ parts: [LogitsPart]) throws {
        let used = Set(parts.map(\.file.place))
        for file in files
        where file.isNamed && file.mayHoldLogits && !used.contains(file.place)
            && !file.arrays.contains(where: \.says.isLabels) && !file.says.isLabels
        {
            throw EnsembleError.noLogits(
                source: file.path, isFolder: false, asked: choice.names, contents: Self.contents(of: [file]))
        }
        let missing = [ExampleSet.test, .train].compactMap { set in
            parts.contains { $0.set == set && $0.clarity == .chosen } ? nil : choice.logits(of: set)
        }
        guard parts.isEmpty || !missing.isEmpty else { return }
        let isFolder = paths.count == 1 && FileSystem.kind(of: paths[0]) == .folder
        // To explain a file is to open it.
        let others = passedOver.enumerated().map { place, file in
            place < EnsembleError.mostListed && isFolder ? Self.explained(file, in: paths[0]) : file.text
        }
        throw EnsembleError.noLogits(
            source: paths.joined(separator: ", "), isFolder: isFolder, asked: missing,
            contents: Self.contents(of: files) + others)
    }

    /// Whether labels are looked for in the files, and not given from elsewhere.
    private func needsLabels(of set: ExampleSet) -> Bool {
        choice.readsLabels && known[set] == nil && choice.labels(of: set) == nil
    }

    /// A file that is passed over, with what it is: perhaps it is what should have been read, but compressed.
    private static func explained(_ file: InputFolder.PassedOver, in folder: String) -> String {
        guard file.reason == nil, !file.pathBelow.split(separator: "/").last!.hasPrefix(".") else {
            return file.text
        }
        do {
            _ = try ArrayFile(FileSystem.joined(folder, file.pathBelow))
            return file.text
        } catch let error as ArrayFileError {
            return "\(file.pathBelow) (\(error.reason))"
        } catch {
            return file.text
        }
    }

    /// Files beside a file that was given which hold labels alone.
    private func labelFiles(in folder: String, of path: String) throws -> [InputFile] {
        // A folder whose files may be read, but not listed, has no labels to be found.
        let names = ((try? FileSystem.entries(of: folder)) ?? [])
            .filter { StoredName(ArrayFile.stem(of: $0)).kind == .labels }
        return try names.sorted { $0.precedesNaturally($1) }.compactMap { name in
            let file = folder == "." && !path.contains("/") ? name : FileSystem.joined(folder, name)
            guard file != path, !paths.contains(file),
                ArrayFile.isNamedAsArrays(file) || ArrayFile.isNamedAsText(file), FileSystem.kind(of: file) == .file
            else { return nil }
            let says = StoredName(ArrayFile.stem(of: name))
            guard needsLabels(of: says.set ?? choice.unnamed) else { return nil }
            return try InputFile(file, mayHoldLogits: false)
        }
    }

    /// A file that cannot be opened stops the job if its name is like that of a file with logits or labels: a run must
    /// not be lost in silence. Others, such as checkpoints, are passed over.
    private mutating func check(_ failures: [InputFolder.Failure], beside parts: [LogitsPart]) throws {
        guard !failures.isEmpty else { return }
        let forms = Set(parts.map { Self.form(ofFile: $0.file.fileName) })
            .union(parts.map(\.file.folder).flatMap { $0.split(separator: "/").map { Self.form(ofFile: "\($0)/") } })
        for failure in failures {
            let says = StoredName(ArrayFile.stem(of: failure.pathBelow))
            let folderFails = failure.pathBelow.hasSuffix("/")
            let name =
                failure.pathBelow.split(separator: "/").last.map { folderFails ? "\($0)/" : String($0) } ?? ""
            if says.isLabels, !needsLabels(of: says.set ?? choice.unnamed) {
                passedOver.append(InputFolder.PassedOver(pathBelow: failure.pathBelow, reason: "other labels"))
                continue
            }
            if forms.contains(Self.form(ofFile: name)) || says.kind != nil && says.rest.isEmpty || parts.isEmpty {
                throw failure.error
            }
            passedOver.append(InputFolder.PassedOver(pathBelow: failure.pathBelow, reason: failure.error.reason))
        }
    }

    /// The form of a file's name, its ending included: the files of one loop have the same. A folder's ends with a
    /// slash.
    static func form(ofFile name: String) -> String {
        if name.hasSuffix("/") { return StoredName(String(name.dropLast())).form + "/" }
        return "\(StoredName(ArrayFile.stem(of: name)).form).\(name.split(separator: ".").last ?? "")"
    }

    /// Without the logits of files beside others that are alone in their files: of logits.npy and a log.pt that holds
    /// logits, too, the first counts.
    private static func withoutCopies(_ parts: [LogitsPart]) -> [LogitsPart] {
        func place(_ part: LogitsPart) -> String { "\(part.set.map(\.rawValue) ?? "") \(part.file.placeOfFolder)" }
        let alone = Set(parts.filter { $0.array.isBare && $0.isOfWholeSet }.map(place))
        return parts.filter {
            $0.array.isBare || $0.file.isNamed || $0.clarity == .chosen || !alone.contains(place($0))
        }
    }

    /// Lists what is not used of what may be logits, and the files that hold none.
    private mutating func passOver(_ candidates: [LogitsPart], besides parts: [LogitsPart], _ places: InputPlaces) {
        let used = Set(parts.map(\.file.place))
        let others = Set(candidates.map(\.file.place)).subtracting(used)
        let labels = Set((testLabels + trainLabels).map(\.path))
        for file in files where !used.contains(file.place) && !labels.contains(file.path) {
            let reason =
                others.contains(file.place)
                    || choice.names.count > 0 && file.arrays.contains { $0.isBare && $0.value.looksLikeLogits }
                ? "other logits" : places.areOtherExamples(in: file) ? "other examples" : "no logits"
            let holdsLabels = file.arrays.contains { places.kind(of: $0, in: file) == .labels }
            passedOver.append(
                InputFolder.PassedOver(
                    pathBelow: file.pathBelow, reason: reason == "no logits" && holdsLabels ? "other labels" : reason))
        }
    }

    /// Gives a set to the logits whose names mention none: `set`, unless others are called logits of that set alone.
    private static func settingUnnamed(_ parts: [LogitsPart], to set: ExampleSet) -> [LogitsPart] {
        let namesTrain = parts.contains { $0.set == .train && $0.clarity != .otherFile }
        let assigned = namesTrain ? .test : set
        return parts.map { part in
            var part = part
            (part.set, part.isUnnamed) = (part.set ?? assigned, part.set == nil)
            return part
        }
    }

    /// Of the arrays that may be the same logits of the same run, those whose names are the clearest.
    ///
    /// - Throws: ``EnsembleError`` (65) if several of a file are equally clear, or files of several names.
    private func clearest(of parts: [LogitsPart]) throws -> [LogitsPart] {
        let best = parts.map(\.clarity).min() ?? .otherFile
        // A file that the user names is meant, whatever it is called.
        var used = parts.filter { $0.clarity <= max(best, .numbered) || $0.file.isNamed && $0.array.isBare }
        var clearest: [String: LogitsPart.Clarity] = [:]
        func key(_ part: LogitsPart) -> String { "\(part.set?.rawValue ?? "") \(part.run)" }
        for part in used { clearest[key(part)] = min(clearest[key(part)] ?? part.clarity, part.clarity) }
        used = used.filter { clearest[key($0)] == $0.clarity }
        // Of arrays of the same name, those of a shape for logits count: class numbers are called preds, too.
        let shaped = Set(used.filter(\.array.value.looksLikeLogits).map(key))
        used = used.filter { $0.array.value.looksLikeLogits || !shaped.contains(key($0)) }
        var last: [String: LogitsPart] = [:]
        for part in used {
            if let other = last[key(part)], other.file.place == part.file.place {
                throw EnsembleError.severalLogits(
                    part.set ?? .test, source: part.file.path,
                    names: used.filter { $0.file.place == part.file.place && key($0) == key(part) }
                        .map { "\($0.array.name) \($0.array.value.summary)" })
            }
            last[key(part)] = part
        }
        if choice.files == nil { try requireOneLoop(used) }
        last = [:]
        for part in used where !part.file.isShard {
            if let other = last[key(part)] {
                throw severalFiles([[other], [part]])
            }
            last[key(part)] = part
        }
        return used
    }

}

// MARK: - Runs

extension EnsembleInputs {
    /// The logits of one run or several in one file.
    struct Fragment {
        let part: LogitsPart
        let runs: RunList
    }

    private mutating func read(_ parts: [LogitsPart]) throws {
        var order: [String] = []
        var fragments: [String: [ExampleSet: [Fragment]]] = [:]
        let keys = Self.pairing(parts)
        let ofTest = known[.test].map { RunList.KnownLabels($0) } ?? testLabels.first.map { RunList.KnownLabels($0) }
        let ofTrain =
            known[.train].map { RunList.KnownLabels($0) } ?? trainLabels.first.map { RunList.KnownLabels($0) }
        let knownLabels = [
            ExampleSet.test: ofTest ?? ofTrain?.ofOtherExamples, .train: ofTrain ?? ofTest?.ofOtherExamples,
        ]
        for (part, key) in zip(parts, keys) {
            let set = part.set ?? .test
            let runs = try RunList(
                part.array.value, name: part.array.name, path: part.file.path, labels: knownLabels[set] ?? nil)
            if fragments[key] == nil { order.append(key) }
            fragments[key, default: [:]][set, default: []].append(Fragment(part: part, runs: runs))
        }
        let runs = order.compactMap { fragments[$0] }
        try Self.check(runs)
        test = runs.flatMap { $0[.test] ?? [] }.flatMap(\.runs.tensors)
        train = runs.flatMap { $0[.train] ?? [] }.flatMap(\.runs.tensors)
        reading =
            EnsembleReading(
                parts: parts, runs: (test.isEmpty ? train : test).reduce(0) { $0 + $1.shape[0] },
                batches: fragments.values.contains { $0.values.contains { $0.contains { $0.runs.batches > 1 } } },
                labels: [
                    (.test, known[.test].map { [$0.source] } ?? testLabels.map(\.name)),
                    (.train, known[.train].map { [$0.source] } ?? trainLabels.map(\.name)),
                ], passedOver: passedOver
            ).text
    }

    /// What the test and the training logits of a run have in common: ``LogitsPart/run``, or, where no run has both,
    /// what is left of it without the words that all of one set share: of `clean_3.npy` and `base_3.npy`, the numbers.
    private static func pairing(_ parts: [LogitsPart]) -> [String] {
        let sets = Dictionary(grouping: parts, by: { $0.set ?? .test }).mapValues { Set($0.map(\.run)) }
        guard let test = sets[.test], let train = sets[.train], test.isDisjoint(with: train) else {
            return parts.map(\.run)
        }
        let own = sets.mapValues(ownWords)
        return parts.map { own[$0.set ?? .test]?[$0.run] ?? $0.run }
    }

    /// Each of the names without the words with which all begin, and those with which all end.
    private static func ownWords(of names: Set<String>) -> [String: String] {
        let words = names.map { $0.split(whereSeparator: { "/_".contains($0) }) }
        guard let first = words.first else { return [:] }
        let shortest = words.map(\.count).min() ?? 0
        let prefix = (0..<shortest).prefix { place in words.allSatisfy { $0[place] == first[place] } }.count
        let suffix = (0..<shortest - prefix).prefix { place in
            words.allSatisfy { $0[$0.count - 1 - place] == first[first.count - 1 - place] }
        }.count
        return Dictionary(
            uniqueKeysWithValues: zip(names, words).map {
                ($0, $1.dropFirst(prefix).dropLast(suffix).joined(separator: "_"))
            })
    }

    /// What files hold, for a message: names with types and shapes.
    static func contents(of files: [InputFile]) -> [String] {
        files.flatMap { file in
            file.arrays.map { array in
                (files.count > 1 ? "\(file.pathBelow): " : "") + "\(array.name) \(array.value.summary)"
            }
        }
    }
}
