import Ensembles
import UserMessages

/// A pool of runs with all data needed to evaluate it.
struct EvaluatedPool {
    let ensemble: Ensemble
    /// Logits of the test examples.
    let logits: Logits
    /// Labels of the test examples, -1 for unlabeled ones. Only the labeled ones are measured.
    let labels: [Int]
    /// The labeled test examples.
    var labeled: RangeSet<Int> { labels.labeled }
    let history: RunHistory

    /// The name of the pool in messages: its file, or the first of many.
    var name: String {
        ensemble.sources[0] + (ensemble.sources.count > 1 ? " and \(ensemble.sources.count - 1) more" : "")
    }

    /// A pool of the runs of an ensemble.
    ///
    /// - Parameter other: The pool to compare with this one, whose labels are used: both are measured on the same
    ///   examples.
    /// - Parameter purpose: The command that needs it, for messages.
    /// - Throws: ``UserError`` or `EnsembleError` (65) if there are no logits or labels of test examples, or not those
    ///   of `other`; `UserError` or `ArrayFileError` if an `ensemble.json` cannot be read.
    init(_ ensemble: Ensemble, labels other: EvaluatedPool?, purpose: String = "evaluate") throws {
        let name = ensemble.sources[0]
        guard let logits = ensemble.test else {
            throw UserError.badData("\(name): no logits of the test examples, which \(purpose) needs")
        }
        if let other, logits.examples != other.logits.examples || logits.classes != other.logits.classes {
            throw UserError.badData(
                """
                \(name): logits has \(logits.examples) examples and \(logits.classes) classes, \
                but \(other.name) has \(other.logits.examples) and \(other.logits.classes)
                """)
        }
        guard let labels = other?.labels ?? ensemble.testLabels else {
            throw EnsembleError.missingLabels(.test, source: name, purpose: purpose)
        }
        // Examples that are labeled in one of the pools only may be the same.
        if let other, let own = ensemble.testLabels,
            let place = own.indices.first(where: {
                own[$0] != labels[$0] && own[$0].isClass && labels[$0].isClass
            })
        {
            throw UserError.badData(
                """
                \(name): test example \(place) has label \(own[place]), but \(labels[place]) in \(other.name): these \
                are other examples
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
            methods: history.methods, sources: ensemble.sources,
            unlabeled: Unlabeled(
                test: labels.count - labels.labeledCount, train: ensemble.unlabeled?.train ?? 0))
    }
}
