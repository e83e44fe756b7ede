import UserMessages

/// The pairs of examples that are compared: the rows and the columns of a kernel.
public enum ExamplePairs: String, Codable, CaseIterable, Sendable {
    /// Test examples (rows) with training examples (columns).
    case testTrain = "test-train"
    /// Training examples with one another.
    case trainTrain = "train-train"
    /// Test examples with one another.
    case testTest = "test-test"

    /// Whether rows and columns are the same examples.
    public var isSymmetric: Bool { self != .testTrain }
    /// The examples of the rows.
    public var rows: ExampleSet { self == .trainTrain ? .train : .test }
    /// The examples of the columns.
    public var columns: ExampleSet { self == .testTest ? .test : .train }
    /// The examples of the columns with one another.
    package var columnsAlone: ExamplePairs { columns == .test ? .testTest : .trainTrain }
}

extension Ensemble {
    /// The logits of the test or of the training examples; nil if the ensemble has none.
    public func logits(of set: ExampleSet) -> Logits? { set == .test ? test : train }

    /// The labels of the test or of the training examples, -1 for an unlabeled one; nil if none is labeled.
    public func labels(of set: ExampleSet) -> [Int]? { set == .test ? testLabels : trainLabels }

    /// The logits of the rows and of the columns of a kernel.
    ///
    /// - Throws: ``EnsembleError`` (65) naming the missing set.
    public func logits(of pairs: ExamplePairs) throws -> (rows: Logits, columns: Logits) {
        func required(_ set: ExampleSet) throws -> Logits {
            guard let logits = logits(of: set) else {
                throw EnsembleError.missingLogits(set, source: title, pairs: pairs)
            }
            return logits
        }
        return (try required(pairs.rows), try required(pairs.columns))
    }

    /// Checks that the ensemble has at least two runs.
    ///
    /// - Throws: `UserError` (65) if it has only one.
    package func requireSeveralRuns() throws {
        guard let runs = (test ?? train)?.runs, runs > 1 else {
            throw UserError.badData(
                "\(title): 1 run; the kernel compares runs and needs at least 2")
        }
    }
}
