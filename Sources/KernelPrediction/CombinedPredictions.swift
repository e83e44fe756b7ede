import EnsembleKernel
import EnsembleMetrics
import Ensembles
import MessagePassing

/// This rank's predictions by the product of two experts, the mean of the runs' probabilities and a vote of the kernel,
/// and their accuracy over all ranks.
///
/// The probability of a class is proportional to the product of those of both. Source: Hinton, "Training products of
/// experts by minimizing contrastive divergence", 2002.
struct CombinedPredictions {
    /// This rank's test examples, in the order of their predictions.
    let rows: [Int]
    /// The most likely class of each of them; the smallest class wins ties.
    let predictions: [Int]
    /// The fraction of all labeled test examples that are predicted correctly; nil without labels.
    let accuracy: Double?
    /// This accuracy less that of the mean of the logits; nil without labels.
    let difference: PairedDifference?

    /// Predicts the examples of this rank's lists. Collective over `world`: every rank calls it with its own parts; nil
    /// without labels of the training examples.
    ///
    /// - Parameter others: Predictions for all test examples, to which these are compared.
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, or (75) if the job is asked to stop;
    ///   `MPIError`.
    init?(
        of vote: NearestVote, _ parts: [NeighborLists.OfExamples], ensemble: Ensemble, test: Logits,
        comparedTo others: [Int], threads: Int, world: Communicator
    ) throws {
        guard let trainLabels = ensemble.trainLabels else { return nil }
        let classes = test.classes
        let rows = parts.flatMap { Array($0.rows) }
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
        (self.rows, self.predictions) = (rows, predictions)
        let pairs = try ensemble.testLabels.map { labels in
            let own = CorrectPairs(predictions, rows: rows, comparedTo: others, labels: labels)
            return try CorrectPairs.sums(of: [own], over: world)[0]
        }
        (accuracy, difference) = (pairs?.accuracy, pairs?.difference)
    }
}
