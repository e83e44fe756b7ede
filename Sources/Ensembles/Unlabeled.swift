extension Int {
    /// The label of an example without one, and the prediction of a vote in which nobody took part. In files every
    /// negative number stands for it.
    package static let unlabeled = -1

    /// Whether this label or prediction is a class, not that of an unlabeled example.
    package var isClass: Bool { self >= 0 }
}

extension [Int] {
    /// The examples with a label.
    package var labeled: RangeSet<Int> { indices(where: \.isClass) }

    /// The number of examples with a label.
    package var labeledCount: Int { count(where: \.isClass) }
}

/// Numbers of unlabeled examples, as in `summary.json` and other results.
public struct Unlabeled: Codable, Equatable, Sendable {
    /// Number among the test examples.
    public var test: Int
    /// Number among the training examples.
    public var train: Int

    /// These numbers; nil if both are 0.
    package init?(test: Int, train: Int) {
        guard test + train > 0 else { return nil }
        (self.test, self.train) = (test, train)
    }
}
