/// The size of an ensemble, as in `summary.json`, `sweep.json` and `report.json`.
public struct EnsembleSize: Codable, Equatable, Sendable {
    /// Numbers of runs R, test examples T, training examples N and classes C.
    public var runs, test, train, classes: Int
    /// The files of the logits, in the order of their runs.
    public var sources: [String]

    /// The size of the ensemble with these logits.
    package init(test: Logits, train: Logits, sources: [String]) {
        (runs, classes) = (test.runs, test.classes)
        (self.test, self.train) = (test.examples, train.examples)
        self.sources = sources
    }
}
