import ArrayFiles
import UserMessages

/// What must hold of the arrays that were found, so that no run is lost or counted twice.
extension EnsembleInputs {
    /// Checks that no run is lost: an entry, an array or a file that is called like those with logits and holds none.
    func requireEveryRun(_ parts: [LogitsPart], _ places: InputPlaces) throws {
        let byFile = Dictionary(grouping: parts, by: \.file.place)
        var others: [InputFile] = []
        for file in files {
            if let used = byFile[file.place] {
                try Self.requireEveryRun(of: file, used)
            } else if file.mayHoldLogits, !file.isNamed, !places.areOtherExamples(in: file) {
                others.append(file)
            }
        }
        // Of a hundred thousand files, most have no others beside them.
        guard !others.isEmpty else { return }
        let (forms, runs) = (
            Set(parts.map { Self.form(ofFile: $0.file.fileName) }), Set(parts.map { places.run(of: $0.file) })
        )
        for file in others {
            if forms.contains(Self.form(ofFile: file.fileName)), !runs.contains(places.run(of: file)) {
                throw EnsembleError.fileLacksLogits(
                    source: file.path, other: parts.first { $0.file.says.form == file.says.form }?.file.path ?? "",
                    contents: Self.contents(of: [file]))
            }
        }
    }

    /// Checks the entries and arrays of one file, of which some are `used`.
    private static func requireEveryRun(of file: InputFile, _ used: [LogitsPart]) throws {
        let names = Set(used.map(\.array.name))
        if !file.entriesByRun.isEmpty {
            var prefixes = names
            for name in names {
                for period in name.indices where name[period] == "." { prefixes.insert(String(name[..<period])) }
            }
            func name(_ entry: StoredArray.EntryByRun) -> String {
                entry.dictionary.isEmpty ? entry.key : "\(entry.dictionary).\(entry.key)"
            }
            let usedDictionaries = Set(
                file.entriesByRun.filter { prefixes.contains(name($0)) }.map(\.dictionary))
            for entry in file.entriesByRun
            where usedDictionaries.contains(entry.dictionary) && !prefixes.contains(name(entry)) {
                throw UserError.badData("\(file.path): \(name(entry)) is \(entry.value.summary), not logits")
            }
        }
        let forms = Set(used.filter { !$0.array.isBare && $0.clarity != .chosen }.map(\.array.form)).filter {
            $0.contains("#")
        }
        guard !forms.isEmpty else { return }
        if let lost = file.arrays.first(where: {
            !$0.isBare && !names.contains($0.name) && forms.contains($0.form)
        }) {
            throw UserError.badData("\(file.path): \(lost.name) is \(lost.value.summary), not logits")
        }
    }

    /// Checks that files of several names are not the outputs of several loops: clean_0.npy .. and fog_0.npy .., or
    /// logits.npy beside logits_0.npy .. which it may hold.
    func requireOneLoop(_ parts: [LogitsPart]) throws {
        let ofFolders = parts.filter { !$0.file.isNamed }
        for set in [ExampleSet.test, .train] {
            let ofSet = ofFolders.filter { $0.set == set }
            // Folders of one file each may be parts of one ensemble; files of other names beside each other are not.
            for (isWhole, least) in [(false, 1), (true, 2)] {
                let groups = Dictionary(grouping: ofSet.filter { $0.isOfWholeSet == isWhole }, by: \.otherWords)
                let files = groups.mapValues { Set($0.map(\.file.place)).count }
                let names = Set(groups.values.map { $0[0].file.says.rest })
                if files.count > 1, files.values.count(where: { $0 > 1 }) >= least || names.count > 1 {
                    throw severalFiles(Array(groups.values))
                }
            }
            if let part = ofSet.first(where: { $0.file.says.isOfPart && $0.array.value.isOfOneRun }) {
                throw EnsembleError.partOfRun(source: part.file.path)
            }
            // In one folder, logits.npy may hold the same as logits_0.npy ..
            let whole = Dictionary(grouping: ofSet.filter(\.isOfWholeSet), by: \.file.placeOfFolder)
            let others = ofSet.filter { whole[$0.file.placeOfFolder] != nil && !$0.isOfWholeSet }
            if let other = others.first, let stacked = whole[other.file.placeOfFolder] {
                throw severalFiles([stacked, others])
            }
        }
    }

    /// The error that names the first file of each group.
    func severalFiles(_ groups: [[LogitsPart]]) -> EnsembleError {
        .severalKindsOfFiles(
            source: paths.joined(separator: ", "),
            names: groups.sorted { $0[0].file.place.precedesNaturally($1[0].file.place) }.map { group in
                let part = group[0]
                let shown = part.file.isNamed ? part.file.path : part.file.pathBelow
                return "\(shown) (\(group.count > 1 ? "\(group.count) of " : "")\(part.array.value.summary))"
            })
    }

    /// Checks that every run has test and training logits if one has both, and of as many runs.
    static func check(_ runs: [[ExampleSet: [Fragment]]]) throws {
        guard let whole = runs.first(where: { $0.count == 2 }) ?? (runs.count > 1 ? runs.first : nil) else { return }
        let sets = runs.reduce(into: Set<ExampleSet>()) { $0.formUnion($1.keys) }
        for run in runs {
            if let missing = sets.first(where: { run[$0] == nil }), let have = run.values.first?.first {
                // One array of all runs says nothing of which is which.
                let fragments = runs.flatMap(\.values).flatMap(\.self)
                if let stacked = fragments.first(where: { $0.runs.runs > 1 }),
                    let single = fragments.first(where: { $0.runs.runs == 1 }), stacked.part.set != single.part.set
                {
                    throw UserError.badData(
                        """
                        \(stacked.part.file.path): \(stacked.part.array.name) has \(stacked.runs.runs) runs in one \
                        array, but \(single.part.file.path) has one: stack both sets by numpy.stack, or neither
                        """)
                }
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
}
