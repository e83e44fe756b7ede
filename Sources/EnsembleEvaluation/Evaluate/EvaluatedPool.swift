import Ensembles
import UserMessages

/// A pool of runs with all data needed to evaluate it.
struct EvaluatedPool {
    let ensemble: Ensemble
    /// Logits of the test examples.
    let logits: Logits
    /// Labels of the test examples.
    let labels: [Int32]
    let history: RunHistory

    /// The name of the pool in messages: its file, or the first of many.
    var name: String {
        ensemble.sources[0] + (ensemble.sources.count > 1 ? " and \(ensemble.sources.count - 1) more" : "")
    }

    /// A pool of the runs of an ensemble.
    ///
    /// - Parameter other: The pool to compare with this one, whose labels are used if this one has none.
    /// - Throws: ``UserError`` or `EnsembleError` (65) if there are no logits or labels of test examples, or not those
    ///   of `other`; `UserError` or `ArrayFileError` if an `ensemble.json` cannot be read.
    init(_ ensemble: Ensemble, labels other: EvaluatedPool?) throws {
        let name = ensemble.sources[0]
        guard let logits = ensemble.test else {
            throw UserError.badData("\(name): no tensor named logits: evaluate needs those of the test examples")
        }
        guard logits.classes > 1 else {
            throw UserError.badData("\(name): logits has 1 class: there is nothing to choose between")
        }
        if let other, logits.examples != other.logits.examples || logits.classes != other.logits.classes {
            throw UserError.badData(
                """
                \(name): logits has \(logits.examples) examples and \(logits.classes) classes, \
                but \(other.name) has \(other.logits.examples) and \(other.logits.classes)
                """)
        }
        guard let labels = ensemble.testLabels.map({ $0.map(Int32.init) }) ?? other?.labels else {
            throw EnsembleError.missingLabels(.test, source: name, purpose: "evaluate")
        }
        if let other, let place = labels.indices.first(where: { labels[$0] != other.labels[$0] }) {
            throw UserError.badData(
                """
                \(name): test example \(place) has label \(labels[place]), but \(other.labels[place]) in \
                \(other.name): these are other examples
                """)
        }
        self.ensemble = ensemble
        self.logits = logits
        self.labels = labels
        history = try RunHistory(of: logits)
    }

    /// The description of the pool in `evaluation.json`.
    var description: Evaluation.Pool {
        .init(
            runs: logits.runs, test: logits.examples, classes: logits.classes, chains: history.chains.count,
            methods: history.methods, sources: ensemble.sources)
    }
}
