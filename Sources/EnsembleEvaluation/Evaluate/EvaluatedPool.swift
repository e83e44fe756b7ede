import Ensembles
import UserMessages

/// A pool of runs with what must be known of it to be evaluated.
struct EvaluatedPool {
    let ensemble: Ensemble
    /// Logits of the test examples.
    let logits: Logits
    /// Their labels.
    let labels: [Int32]
    let history: RunHistory

    /// What a message calls it: its files, or the first of many.
    var name: String {
        ensemble.sources[0] + (ensemble.sources.count > 1 ? " and \(ensemble.sources.count - 1) more" : "")
    }

    /// - Parameter other: the pool to be compared with this one, whose labels are used where this one has none.
    /// - Throws: ``UserError`` where there are no logits or labels of test examples, or not those of `other`.
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

    /// As a file tells of it.
    var description: Evaluation.Pool {
        .init(
            runs: logits.runs, test: logits.examples, classes: logits.classes, chains: history.chains.count,
            methods: history.methods, sources: ensemble.sources)
    }
}
