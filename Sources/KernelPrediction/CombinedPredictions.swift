import EnsembleKernel
import Ensembles
import MessagePassing

/// Predictions by the product of two experts: the mean of the runs' probabilities and a vote of the kernel.
///
/// The probability of a class is proportional to the product of those of both; the smallest class wins ties. Source:
/// Hinton, "Training products of experts by minimizing contrastive divergence", 2002.
package enum CombinedPredictions {
    /// Predicts the examples of this rank's lists. Collective over `world`: every rank calls it with its own parts; nil
    /// without labels of the training examples.
    ///
    /// - Parameter others: Predictions for all test examples, to which these are compared.
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, or (75) if the job is asked to stop;
    ///   `MPIError`.
    package static func predictions(
        of vote: NearestVote, _ parts: [NeighborLists.OfExamples], ensemble: Ensemble, test: Logits,
        comparedTo others: [Int], threads: Int, world: Communicator
    ) throws -> ComparedPredictions? {
        guard let trainLabels = ensemble.trainLabels else { return nil }
        let classes = test.classes
        let predictions = try world.agree {
            try parts.flatMap { part in
                let mean = try EnsembleAverage.meanProbabilities(of: test, examples: part.rows, threads: threads)
                let ofVote = part.lists.probabilities(vote, trainLabels: trainLabels, classes: classes)
                return (0..<part.rows.count).map { row in
                    let first = row * classes
                    return (1..<max(1, classes)).reduce(0) { best, c in
                        mean[first + c] * ofVote[first + c] > mean[first + best] * ofVote[first + best] ? c : best
                    }
                }
            }
        }
        return try ComparedPredictions(
            predictions, rows: parts.flatMap { Array($0.rows) }, comparedTo: others, labels: ensemble.testLabels,
            world: world)
    }
}
