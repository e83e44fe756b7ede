/// The size of an ensemble, as in `summary.json`, `sweep.json` and `report.json`.
public struct EnsembleSize: Codable, Equatable, Sendable {
    /// Numbers of runs R, test examples T, training examples N and classes C.
    public var runs, test, train, classes: Int
    /// The files of the logits, in the order of their runs.
    public var sources: [String]
    /// What was read, in one line; absent in files of earlier versions.
    public var reading: String?
    /// Numbers of unlabeled examples among them; absent if there are none, or no labels.
    public var unlabeled: Unlabeled?

    /// The number of runs below which similarities are noisy, and averaging predicts better. With so many, the locally
    /// scaled vote of fully connected networks passed their average (`scripts/votes-table`).
    public static let enoughRuns = 16

    /// Number of test examples with a label, if there are labels at all.
    public var labeledTest: Int { test - (unlabeled?.test ?? 0) }

    /// The size of an ensemble with these logits.
    package init(of ensemble: Ensemble, test: Logits, train: Logits) {
        (runs, classes) = (test.runs, test.classes)
        (self.test, self.train) = (test.examples, train.examples)
        (sources, reading) = (ensemble.sources, ensemble.reading)
        unlabeled = ensemble.unlabeled
    }
}
