import Ensembles
import UserMessages

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
            throw UserError.badData("\(name): only logits of training examples; name them logits, or give their file")
        }
        guard logits.runs == pool.logits.runs, logits.classes == pool.logits.classes else {
            throw UserError.badData(
                """
                \(name): logits has \(logits.runs) runs and \(logits.classes) classes, but \(pool.name) has \
                \(pool.logits.runs) and \(pool.logits.classes): the same runs are compared on other examples
                """)
        }
        (self.name, sources, self.logits) = (name, ensemble.sources, logits)
    }
}
