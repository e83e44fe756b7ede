import ArrayFiles

extension EnsembleInputs {
    /// Labels of one set: those that the user names, or all under the usual names.
    func labels(
        of set: ExampleSet, beside parts: [LogitsPart], _ places: InputPlaces
    ) throws -> [StoredLabels] {
        if let given = choice.labels(of: set) {
            if FileSystem.kind(of: given) == .file { return [try Self.labels(inFile: given, set)] }
            let named = files.flatMap { file in
                file.arrays.filter { $0.isCalled(given) }.map { StoredLabels($0, in: file) }
            }
            guard !named.isEmpty else {
                throw EnsembleError.noLabelsCalled(given, set, contents: Self.contents(of: files))
            }
            return named
        }
        let ofSet = parts.filter { $0.set == set }
        let rests = Set(ofSet.flatMap { [$0.array.says.rest, $0.array.isBare ? $0.file.says.rest : ""] })
        let areOfOthers = !ofSet.isEmpty && ofSet.allSatisfy { $0.array.says.isOfOtherExamples }
        let around = InputPlaces.folders(around: ofSet.map(\.file))
        let tuples = Set(ofSet.compactMap { part in part.array.tuple.map { "\(part.file.place) \($0)" } })
        typealias Found = (labels: StoredLabels, isNear: Bool)
        var (plain, others, loose): ([Found], [Found], [Found]) = ([], [], [])
        for file in files {
            let namesSets = file.arrays.contains { $0.says.set != nil }
            for array in file.arrays {
                if case .none = array.value { continue }
                let isInTuple =
                    array.tuple.map { tuples.contains("\(file.place) \($0)") } ?? false
                    && (array.isBare || array.says.kind == nil) && array.value.looksLikeLabels
                if isInTuple {
                    plain.append((StoredLabels(array, in: file), true))
                    continue
                }
                guard places.kind(of: array, in: file) == .labels, !(array.isBare && array.value.holdsFractions) else {
                    continue
                }
                // Labels of validation examples belong to logits of validation examples.
                let isOther =
                    array.says.set == nil && (array.says.isOfOtherExamples || places.areOtherExamples(in: file))
                let ownRest = array.isBare ? file.says.rest : array.says.rest
                guard !isOther || !ownRest.isEmpty && rests.contains(ownRest) else { continue }
                let said = array.says.set ?? (namesSets ? nil : places.set(of: file))
                // Labels without a set go with the logits without one; those of test examples not with "val_logits".
                guard (said ?? unnamedSet(parts)) == set, said == nil || !areOfOthers else { continue }
                let found = (
                    labels: StoredLabels(array, in: file), isNear: around.contains(file.placeOfFolder)
                )
                if ownRest.isEmpty || array.says.kind == nil {
                    plain.append(found)
                } else if rests.contains(ownRest) {
                    others.append(found)
                } else {
                    loose.append(found)
                }
            }
        }
        // "val_labels" belong to "val_logits" where those are chosen; "cifar10_labels" are labels where no others are.
        let labels = !others.isEmpty ? others : plain.isEmpty && loose.count == 1 ? loose : plain
        // Labels beside other logits than those that are used are no labels of theirs.
        let near = labels.filter(\.isNear)
        return (near.isEmpty ? labels : near).map(\.labels)
    }

    private func unnamedSet(_ parts: [LogitsPart]) -> ExampleSet { parts.first(where: \.isUnnamed)?.set ?? .test }

    /// The labels in a file of their own: under a usual name, or the only array.
    private static func labels(inFile path: String, _ set: ExampleSet) throws -> StoredLabels {
        let file = try InputFile(path)
        let named = file.arrays.filter { $0.says.kind == .labels && $0.says.rest.isEmpty }
        let ofSet = named.filter { $0.says.set == set }
        let unnamed = named.filter { $0.says.set == nil }
        let ofSetAlone = file.arrays.filter { $0.says.set == set && $0.says.rest.isEmpty && $0.value.looksLikeLabels }
        for candidates in [ofSet, unnamed, named, ofSetAlone, file.arrays] where candidates.count == 1 {
            return StoredLabels(candidates[0], in: file)
        }
        throw EnsembleError.noLabelsCalled(nil, set, contents: contents(of: [file]))
    }
}
