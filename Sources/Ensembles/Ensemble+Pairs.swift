import UserMessages

/// The pairs of examples that are compared: the rows and the columns of a kernel.
public enum ExamplePairs: String, CaseIterable, Sendable {
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
}

extension Ensemble {
    /// The logits of the test or of the training examples; nil if the ensemble has none.
    public func logits(of set: ExampleSet) -> Logits? { set == .test ? test : train }

    /// The labels of the test or of the training examples; nil if they are unknown.
    public func labels(of set: ExampleSet) -> [Int]? { set == .test ? testLabels : trainLabels }

    /// The logits of the rows and of the columns of a kernel.
    ///
    /// - Throws: `UserError` (65) naming the missing tensor.
    public func logits(of pairs: ExamplePairs) throws -> (rows: Logits, columns: Logits) {
        func required(_ set: ExampleSet) throws -> Logits {
            guard let logits = logits(of: set) else {
                let name = set == .test ? EnsembleLayout.logits : EnsembleLayout.logitsTrain
                throw UserError.badData(
                    "\(sources.joined(separator: ", ")): no tensor named \(name), which \(pairs.rawValue) pairs need")
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
                "\(sources.joined(separator: ", ")): 1 run; the kernel compares runs and needs at least 2")
        }
    }
}
