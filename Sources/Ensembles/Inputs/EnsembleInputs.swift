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

    private let choice: InputChoice
    private let known: [ExampleSet: Labels]
    private var files: [InputFile] = []
    private var passedOver: [InputFolder.PassedOver] = []
    private let paths: [String]

    /// Finds and opens the arrays of an ensemble. Reads headers and labels.
    ///
    /// - Throws: `UserError` (66) if a path does not exist; ``EnsembleError`` or `ArrayFileError` (65) naming what was
    ///   found instead of logits, or what does not fit together.
    ///
    /// - Parameter known: Labels that are known from elsewhere, by their set: those in the files are not read.
    init(at paths: [String], choice: InputChoice, known: [ExampleSet: Labels] = [:]) throws {
        (self.paths, self.choice, self.known) = (paths, choice, known)
        var parts: [LogitsPart] = []
        for (argument, path) in paths.enumerated() { parts += try open(path, argument: argument) }
        parts = Self.settingUnnamed(parts, to: choice.unnamed)
        parts = try clearest(of: parts)
        try findLabels(beside: parts)
        try read(parts)
    }

    /// Opens the files of a path; returns the arrays that may be logits.
    private mutating func open(_ path: String, argument: Int) throws -> [LogitsPart] {
        var opened: [InputFile]
        switch try FileSystem.existingKind(of: path) {
        case .folder:
            folders.append(path)
            let folder = try InputFolder(path, matching: choice.files)
            opened = folder.files
            passedOver += folder.passedOver
            let parts = opened.flatMap { LogitsPart.all(in: $0, argument: argument, choice: choice) }
            try check(folder.failures, in: path, beside: parts)
            files += opened
            if parts.isEmpty {
                // To explain a file is to open it.
                let contents =
                    Self.contents(of: opened)
                    + folder.passedOver.enumerated().map { place, file in
                        place < EnsembleError.mostListed ? Self.explained(file, in: path) : file.text
                    }
                throw EnsembleError.noLogits(source: path, isFolder: true, contents: contents)
            }
            return Self.withoutCopies(parts)
        case .file:
            opened = [try InputFile(path)]
            let folder = path.contains("/") ? String(path[..<path.lastIndex(of: "/")!]) : "."
            files += opened
            // Of many files named one by one the folder is looked at once.
            if !folders.contains(folder) {
                folders.append(folder)
                let others = Set(files.map(\.path))
                files += try Self.labelFiles(in: folder, of: path).filter { !others.contains($0.path) }
            }
            let parts = LogitsPart.all(in: opened[0], argument: argument, choice: choice)
            if parts.isEmpty, !opened[0].arrays.contains(where: \.says.isLabels) {
                throw EnsembleError.noLogits(source: path, isFolder: false, contents: Self.contents(of: opened))
            }
            return parts
        case .other: throw UserError.noInput("\(path): is neither a file nor a folder")
        }
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
    private static func labelFiles(in folder: String, of path: String) throws -> [InputFile] {
        // A folder whose files may be read, but not listed, has no labels to be found.
        let names = ((try? FileSystem.entries(of: folder)) ?? [])
            .filter { StoredName(ArrayFile.stem(of: $0)).isLabels }
        return try names.sorted { $0.precedesNaturally($1) }.compactMap { name in
            let file = folder == "." && !path.contains("/") ? name : FileSystem.joined(folder, name)
            guard file != path,
                ArrayFile.isNamedAsArrays(file) || ArrayFile.isNamedAsText(file), FileSystem.kind(of: file) == .file
            else { return nil }
            let labels = try InputFile(file, mayHoldLogits: false)
            return labels.arrays.allSatisfy(\.isBare) ? labels : nil
        }
    }

    /// A file that cannot be opened stops the job if its name is like that of a file with logits or labels: a run must
    /// not be lost in silence. Others, such as checkpoints, are passed over.
    private mutating func check(
        _ failures: [(pathBelow: String, error: ArrayFileError)], in path: String, beside parts: [LogitsPart]
    ) throws {
        let kinds = Set(parts.map { Self.kind(of: $0.file.fileName) })
            .union(parts.map(\.file.folder).flatMap { $0.split(separator: "/").map { Self.kind(of: "\($0)/") } })
        for failure in failures {
            let says = StoredName(ArrayFile.stem(of: failure.pathBelow))
            if kinds.contains(Self.kind(of: failure.pathBelow)) || says.kind != nil && says.rest.isEmpty
                || parts.isEmpty
            {
                throw failure.error
            }
            passedOver.append(InputFolder.PassedOver(pathBelow: failure.pathBelow, reason: failure.error.reason))
        }
    }

    /// A name without folder and numbers: files of one kind differ in numbers only. A folder's ends with a slash.
    private static func kind(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let says = StoredName(ArrayFile.stem(of: name))
        let ending = path.hasSuffix("/") ? "/" : name.split(separator: ".").last.map(String.init) ?? ""
        return "\(says.rest) \(says.kind.map { "\($0)" } ?? "") \(ending)"
    }

    /// Without the logits of files beside others that are alone in their files: of logits.npy and a log.pt that holds
    /// logits, too, the first counts.
    private static func withoutCopies(_ parts: [LogitsPart]) -> [LogitsPart] {
        var alone: Set<String> = []
        func place(_ part: LogitsPart) -> String { "\(part.set.map(\.rawValue) ?? "") \(part.file.folder)" }
        for part in parts
        where part.array.isBare && (part.clarity == .named || part.clarity == .numbered && part.set != nil) {
            alone.insert(place(part))
        }
        return parts.filter { $0.array.isBare || $0.clarity == .chosen || !alone.contains(place($0)) }
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
        var used = parts.filter { $0.clarity <= max(best, .numbered) }
        if best == .otherFile, choice.files == nil { used = try Self.ofOneName(used, paths) }
        var clearest: [String: LogitsPart.Clarity] = [:]
        func key(_ part: LogitsPart) -> String { "\(part.set?.rawValue ?? "") \(part.run)" }
        for part in used { clearest[key(part)] = min(clearest[key(part)] ?? part.clarity, part.clarity) }
        used = used.filter { clearest[key($0)] == $0.clarity }
        // Of arrays of the same name, those of a shape for logits count: class numbers are called preds, too.
        let shaped = Set(used.filter(\.array.value.looksLikeLogits).map(key))
        used = used.filter { $0.array.value.looksLikeLogits || !shaped.contains(key($0)) }

        var last: [String: LogitsPart] = [:]
        for part in used {
            let key = "\(key(part)) \(part.file.path)"
            if let other = last[key],
                part.array.isBare || Self.kind(ofName: other.array.name) != Self.kind(ofName: part.array.name)
            {
                throw EnsembleError.severalLogits(
                    part.set ?? .test, source: part.file.path,
                    names: used.filter { $0.file.path == part.file.path && $0.set == part.set }
                        .map { "\($0.array.name) \($0.array.value.summary)" })
            }
            last[key] = part
        }
        return used
    }

    private static func kind(ofName name: String) -> String { String(name.filter { !$0.isNumber }) }

    /// Files of any name, if they are of one kind or each of another.
    private static func ofOneName(_ parts: [LogitsPart], _ paths: [String]) throws -> [LogitsPart] {
        let groups = Dictionary(grouping: parts) { $0.array.says.rest }
        guard groups.count > 1, groups.values.contains(where: { $0.count > 1 }) else { return parts }
        throw EnsembleError.severalKindsOfFiles(
            source: paths.joined(separator: ", "),
            names: groups.values.sorted { $0[0].file.pathBelow < $1[0].file.pathBelow }
                .map { "\($0[0].file.fileName) (\($0.count) of \($0[0].array.value.summary))" })
    }
}

// MARK: - Labels

extension EnsembleInputs {
    private mutating func findLabels(beside parts: [LogitsPart]) throws {
        if known[.test] == nil { testLabels = try labels(of: .test, beside: parts) }
        if known[.train] == nil { trainLabels = try labels(of: .train, beside: parts) }
    }

    /// Labels of one set: those that the user names, or all under the usual names.
    private func labels(of set: ExampleSet, beside parts: [LogitsPart]) throws -> [StoredLabels] {
        if let given = choice.labels(of: set) {
            if FileSystem.kind(of: given) == .file { return [try Self.labels(inFile: given, set)] }
            let named = files.flatMap { file in
                file.arrays.filter { $0.isCalled(given) }.map { Self.labels($0, file) }
            }
            guard !named.isEmpty else {
                throw EnsembleError.noLabelsCalled(given, set, contents: Self.contents(of: files))
            }
            return named
        }
        let usedFiles = Set(parts.map(\.file.path))
        let otherNames = Set(parts.map(\.array.says.rest))
        return files.flatMap { file -> [StoredLabels] in
            let namesSets = file.arrays.contains { $0.says.set != nil }
            return file.arrays.compactMap { array in
                let isNamed =
                    array.says.kind == .labels
                    && (array.says.rest.isEmpty || array.isBare && otherNames.contains(array.says.rest))
                let isInTuple =
                    array.isBesideLogits && (array.isBare || array.says.kind == nil)
                    && array.value.looksLikeLabels && usedFiles.contains(file.path)
                guard isNamed || isInTuple else { return nil }
                if case .none = array.value { return nil }
                let said = array.says.set ?? (namesSets ? nil : file.set)
                // Labels without a set go with the logits without one.
                guard (said ?? unnamedSet(parts)) == set else { return nil }
                return Self.labels(array, file)
            }
        }
    }

    private func unnamedSet(_ parts: [LogitsPart]) -> ExampleSet { parts.first(where: \.isUnnamed)?.set ?? .test }

    private static func labels(_ array: StoredArray, _ file: InputFile) -> StoredLabels {
        StoredLabels(
            value: array.value, name: array.isBare ? file.pathBelow : array.name,
            source: "\(file.path): \(array.name)")
    }

    /// The labels in a file of their own: under a usual name, or the only array.
    private static func labels(inFile path: String, _ set: ExampleSet) throws -> StoredLabels {
        let file = try InputFile(path)
        let named = file.arrays.filter { $0.says.kind == .labels && $0.says.rest.isEmpty }
        let ofSet = named.filter { $0.says.set == set }
        let unnamed = named.filter { $0.says.set == nil }
        for candidates in [ofSet, unnamed, named, file.arrays] where candidates.count == 1 {
            return labels(candidates[0], file)
        }
        throw EnsembleError.noLabelsCalled(nil, set, contents: contents(of: [file]))
    }
}

// MARK: - Runs

extension EnsembleInputs {
    /// The logits of one run or several in one file.
    private struct Fragment {
        let part: LogitsPart
        let runs: RunList
    }

    private mutating func read(_ parts: [LogitsPart]) throws {
        var order: [String] = []
        var fragments: [String: [ExampleSet: [Fragment]]] = [:]
        let knownLabels: [ExampleSet: RunList.KnownLabels?] = [
            .test: testLabels.first.map { RunList.KnownLabels($0) },
            .train: trainLabels.first.map { RunList.KnownLabels($0) },
        ]
        for part in Self.merged(parts) {
            let set = part.set ?? .test
            let runs = try RunList(
                part.array.value, name: part.array.name, path: part.file.path, labels: knownLabels[set] ?? nil)
            if fragments[part.run] == nil { order.append(part.run) }
            fragments[part.run, default: [:]][set, default: []].append(Fragment(part: part, runs: runs))
        }
        var runs = order.compactMap { fragments[$0] }
        // One file of each set, whatever their names.
        if runs.count == 2, Set(runs[0].keys).isDisjoint(with: runs[1].keys) {
            runs = [runs[0].merging(runs[1]) { first, _ in first }]
        }
        try Self.check(runs)
        test = runs.flatMap { $0[.test] ?? [] }.flatMap(\.runs.tensors)
        train = runs.flatMap { $0[.train] ?? [] }.flatMap(\.runs.tensors)
        guard !runs.isEmpty else {
            throw EnsembleError.noLogits(
                source: paths.joined(separator: ", "), isFolder: false, contents: Self.contents(of: files))
        }
        let used = Set(parts.map(\.file.path))
        for file in files where !used.contains(file.path) && !file.arrays.contains(where: \.says.isLabels) {
            passedOver.append(InputFolder.PassedOver(pathBelow: file.pathBelow, reason: "no logits"))
        }
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

    /// Arrays of a file whose names differ in numbers only are a list: logits_0, logits_1.
    private static func merged(_ parts: [LogitsPart]) -> [LogitsPart] {
        var order: [String] = []
        var groups: [String: [LogitsPart]] = [:]
        for (place, part) in parts.enumerated() {
            let key = part.array.isBare ? "\(place)" : "\(part.set?.rawValue ?? "") \(part.file.path) \(part.run)"
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(part)
        }
        return order.compactMap { groups[$0] }.map { group in
            guard group.count > 1 else { return group[0] }
            let sorted = group.sorted { $0.array.name.precedesNaturally($1.array.name) }
            return sorted[0].holding(.list(sorted.map(\.array.value)))
        }
    }

    /// Checks that every run has test and training logits if one has both, and of as many runs.
    private static func check(_ runs: [[ExampleSet: [Fragment]]]) throws {
        guard let whole = runs.first(where: { $0.count == 2 }) ?? (runs.count > 1 ? runs.first : nil) else { return }
        let sets = runs.reduce(into: Set<ExampleSet>()) { $0.formUnion($1.keys) }
        for run in runs {
            if let missing = sets.first(where: { run[$0] == nil }), let have = run.values.first?.first {
                let other = runs.first { $0[missing] != nil }?[missing]?.first ?? whole.values.first![0]
                throw EnsembleError.runLacks(missing, source: have.part.file.path, other: other.part.file.path)
            }
            guard let test = run[.test], let train = run[.train] else { continue }
            let (ofTest, ofTrain) = (test.reduce(0) { $0 + $1.runs.runs }, train.reduce(0) { $0 + $1.runs.runs })
            let (a, b) = (test[0], train[0])
            let (classesOfTest, classesOfTrain) = (a.runs.tensors[0].shape.last ?? 0, b.runs.tensors[0].shape.last ?? 0)
            guard ofTest == ofTrain, classesOfTest == classesOfTrain else {
                throw UserError.badData(
                    """
                    \(a.part.file.path): \(a.part.array.name) has \(ofTest) \(ofTest == 1 ? "run" : "runs") and \
                    \(classesOfTest) classes, but \(b.part.array.name)\
                    \(b.part.file.path == a.part.file.path ? "" : " of \(b.part.file.path)") \
                    has \(ofTrain) and \(classesOfTrain)
                    """)
            }
        }
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
