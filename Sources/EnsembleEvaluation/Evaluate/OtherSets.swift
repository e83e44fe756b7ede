import Ensembles
import UserMessages

/// Labeled examples other than the pool's own, with the logits of the same runs.
struct TestSet {
    /// What the set is called: its folder or file.
    let name: String
    let pool: EvaluatedPool

    /// The set of an ensemble.
    ///
    /// - Throws: `UserError` or `EnsembleError` (65) if there are no test logits or labels, or not of as many runs and
    ///   classes as in the pool.
    init(_ ensemble: Ensemble, name: String, of pool: EvaluatedPool) throws {
        self.name = name
        self.pool = try EvaluatedPool(ensemble, labels: nil)
        try pool.requireSameRuns(self.pool.logits, name: name)
    }
}

/// The logits of a pool's runs for examples of another distribution than that of its test examples.
struct OutlierSet {
    /// What the set is called: its folder or file.
    let name: String
    /// The files of the logits, in the order of their runs.
    let sources: [String]
    /// The logits, shape (R, examples, C).
    let logits: Logits

    /// The set of an ensemble that has no other logits, or else those of its test examples.
    ///
    /// - Throws: `UserError` (65) if there are no logits, or not of as many runs and classes as in the pool.
    init(_ ensemble: Ensemble, name: String, of pool: EvaluatedPool) throws {
        guard let logits = ensemble.test else {
            throw UserError.badData("\(name): only logits of training examples; rename the file to logits")
        }
        try pool.requireSameRuns(logits, name: name)
        (self.name, sources, self.logits) = (name, ensemble.sources, logits)
    }
}

extension EvaluatedPool {
    /// Checks that logits of other examples may be of the same runs.
    fileprivate func requireSameRuns(_ others: Logits, name: String) throws {
        guard others.runs == logits.runs, others.classes == logits.classes else {
            throw UserError.badData(
                """
                \(name): logits has \(others.runs) runs and \(others.classes) classes, but \(self.name) has \
                \(logits.runs) and \(logits.classes): the same runs are compared on other examples
                """)
        }
        guard others.isBinary == logits.isBinary else {
            func outputs(_ logits: Logits) -> String { logits.isBinary ? "1 logit" : "2 logits" }
            throw UserError.badData(
                "\(name): has \(outputs(others)) an example, but \(self.name) has \(outputs(logits))")
        }
    }
}
