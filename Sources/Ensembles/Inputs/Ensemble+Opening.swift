import ArrayFiles
import UserMessages

extension Ensemble {
    /// Opens ensembles and concatenates their runs in the order given. Reads headers and labels, but no logits.
    ///
    /// - Parameters:
    ///   - paths: Folders or files, in any of the forms in which people save the outputs of their runs.
    ///   - choice: What the user says about the files.
    ///   - runs: Use only the first `runs` runs; nil for all.
    ///   - testLabels: Labels of the test examples to use instead of those in the files.
    ///   - trainLabels: Labels of the training examples to use instead of those in the files.
    /// - Throws: ``EnsembleError`` (64, 65), `UserError` or `ArrayFileError` naming the file, the name in it and the
    ///   position.
    public init(
        opening paths: [String], choice: InputChoice = InputChoice(), runs: Int? = nil, testLabels: Labels? = nil,
        trainLabels: Labels? = nil
    ) throws {
        let known: [ExampleSet: Labels?] = [.test: testLabels, .train: trainLabels]
        let inputs = try EnsembleInputs(at: paths, choice: choice, known: known.compactMapValues { $0 })
        let test = inputs.test.isEmpty ? nil : try Logits(concatenating: inputs.test, as: choice.inputs)
        let train = inputs.train.isEmpty ? nil : try Logits(concatenating: inputs.train, as: choice.inputs)
        let classNames = try StoredLabels.classNames(
            of: inputs.testLabels + inputs.trainLabels, classes: (test ?? train)?.classes ?? 0)
        func agreed(_ stored: [StoredLabels], _ known: Labels?, for logits: Logits?) throws -> [Int]? {
            guard let logits else { return nil }
            let (examples, classes) = (logits.examples, logits.classes)
            if let known { return try known.checked(examples: examples, classes: classes).values }
            return try Self.agreed(stored) {
                try $0.labels(examples: examples, classes: classes, names: classNames)
                    .checked(examples: examples, classes: classes)
            }
        }
        self.init(
            test: test, train: train, testLabels: try agreed(inputs.testLabels, testLabels, for: test),
            trainLabels: try agreed(inputs.trainLabels, trainLabels, for: train), classNames: classNames,
            folders: inputs.folders, labelFiles: (inputs.testLabels + inputs.trainLabels).map(\.path),
            reading: inputs.reading + Self.told(classNames))
        if let runs { self = try selecting(.first(runs), leavingOut: []) }
    }

    /// Which classes names stand for, for the line that says what was read.
    private static func told(_ classNames: [String]) -> String {
        guard let last = classNames.last else { return "" }
        return "; classes in alphabetical order: \(classNames[0]) = 0 .. \(last) = \(classNames.count - 1)"
    }

    /// The labels on which all sources agree. They are read one after the other: there may be some beside every run.
    private static func agreed(_ sources: [StoredLabels], read: (StoredLabels) throws -> Labels) throws -> [Int]? {
        guard let first = try sources.first.map(read) else { return nil }
        for source in sources.dropFirst() {
            let other = try read(source)
            if let place = first.values.indices.first(where: { first.values[$0] != other.values[$0] }) {
                throw UserError.badData(
                    """
                    \(other.source)[\(place)] is \(other.values[place]), but \(first.source) has \
                    \(first.values[place])
                    """)
            }
        }
        return first.values
    }
}
