import EnsembleMetrics
import MessagePassing

/// This rank's predictions by one rule, and their accuracy over all ranks, compared to other predictions.
package struct ComparedPredictions {
    /// This rank's test examples, in the order of their predictions.
    package let rows: [Int]
    /// The class of each of them, -1 where none is predicted.
    package let predictions: [Int]
    /// The fraction of all labeled test examples that are predicted correctly; nil without labels.
    package let accuracy: Double?
    /// This accuracy less that of the other predictions; nil without labels.
    package let difference: PairedDifference?

    /// Counts the correct ones. Collective over `world`: every rank calls it with its own predictions.
    ///
    /// - Parameters:
    ///   - others: Predictions for all test examples, to which these are compared.
    ///   - labels: Labels of all test examples, negative for unlabeled ones; nil if there are none.
    /// - Throws: `MPIError`.
    package init(_ predictions: [Int], rows: [Int], comparedTo others: [Int], labels: [Int]?, world: Communicator)
        throws
    {
        (self.rows, self.predictions) = (rows, predictions)
        let pairs = try labels.map { labels in
            let own = CorrectPairs(predictions, rows: rows, comparedTo: others, labels: labels)
            return try CorrectPairs.sums(of: [own], over: world)[0]
        }
        (accuracy, difference) = (pairs?.accuracy, pairs?.difference)
    }
}
