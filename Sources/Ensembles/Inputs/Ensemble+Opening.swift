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
        var test = inputs.test.isEmpty ? nil : try Logits(concatenating: inputs.test, as: choice.inputs)
        var train = inputs.train.isEmpty ? nil : try Logits(concatenating: inputs.train, as: choice.inputs)
        if let runs {
            let all = (test ?? train)?.runs ?? 0
            guard (1...all).contains(runs) else { throw EnsembleError.runsOutOfRange(runs, available: all) }
            test = test?.selecting(runs: 0..<runs)
            train = train?.selecting(runs: 0..<runs)
        }
        let classNames = try StoredLabels.classNames(
            of: inputs.testLabels + inputs.trainLabels, classes: (test ?? train)?.classes ?? 0)
        func labels(_ stored: [StoredLabels], of logits: Logits?) throws -> [Labels] {
            guard let logits else { return [] }
            return try stored.map {
                try $0.labels(examples: logits.examples, classes: logits.classes, names: classNames)
            }
        }
        self.init(
            test: test, train: train,
            testLabels: try Self.agreed(
                try testLabels.map { [$0] } ?? labels(inputs.testLabels, of: test), for: test),
            trainLabels: try Self.agreed(
                try trainLabels.map { [$0] } ?? labels(inputs.trainLabels, of: train), for: train),
            classNames: classNames, folders: inputs.folders, reading: inputs.reading + Self.told(classNames))
    }

    /// Which classes names stand for, for the line that says what was read.
    private static func told(_ classNames: [String]) -> String {
        guard let last = classNames.last else { return "" }
        return "; classes in alphabetical order: \(classNames[0]) = 0 .. \(last) = \(classNames.count - 1)"
    }

    /// The labels on which all sources agree, checked against their logits.
    private static func agreed(_ sources: [Labels], for logits: Logits?) throws -> [Int]? {
        guard let logits else { return nil }
        let sources = try sources.map { try $0.checked(examples: logits.examples, classes: logits.classes) }
        guard let first = sources.first else { return nil }
        for other in sources.dropFirst() {
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
