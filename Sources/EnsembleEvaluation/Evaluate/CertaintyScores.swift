import CSIMDKernels
import EnsembleMetrics
import Ensembles
import MessagePassing
import ParallelRanges
import Platform

/// A score by which predictions of an ensemble are the more certain, the higher it is.
public enum CertaintyScore: String, Codable, Sendable {
    /// The probability of the prediction.
    case confidence
    /// Minus the entropy of the average of probabilities.
    case entropy
    /// Minus the mutual information of the prediction and the choice of the run: the entropy of the average less the
    /// mean entropy of the runs. Source: Houlsby et al., "Bayesian active learning for classification", 2011.
    case mutualInformation = "mutual_information"
    /// The share of the runs that predict the same class.
    case agreement
    /// The largest mean logit. Source: Hendrycks et al., "Scaling out-of-distribution detection", 2022.
    case largestLogit = "largest_logit"
    /// The logarithm of the sum of the exponentials of the mean logits. Source: Liu et al., "Energy-based
    /// out-of-distribution detection", 2020.
    case energy
    /// The similarity of the nearest training example, by the kernel or the locally scaled kernel.
    case similarity
    /// The probability of the prediction by the kernel's vote.
    case vote
}

/// What the logits of some runs say of each labeled example, beyond what their sums of probabilities do.
struct LogitScores {
    /// The largest mean logit, log(sum of exp(mean logits)), and the mean entropy of the runs, of each example.
    let largest, energies, entropies: [Double]

    /// Reads some of the runs once. Collective over `world`: every rank calls it, and reads its share of the examples.
    ///
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, or (75) if the job is asked to stop;
    ///   `MPIError`.
    init(
        of logits: Logits, runs: Range<Int>, labeled: RangeSet<Int>, world: Communicator, threads: Int
    ) throws {
        let own = Partition(logits.examples, world.size).range(of: world.rank)
        let scores = try world.agree {
            let scores = try Self.scores(of: logits, runs: runs, examples: own, threads: threads)
            try logits.requireUnchanged()
            return scores
        }
        let all = try world.allgather(scores).flatMap(\.self)
        func ofLabeled(_ score: Int) -> [Double] {
            labeled.ranges.flatMap { $0.map { all[Self.count * $0 + score] } }
        }
        (largest, energies, entropies) = (ofLabeled(0), ofLabeled(1), ofLabeled(2))
    }

    /// Number of scores of an example.
    private static let count = 3

    /// The scores of some examples, shape (examples, 3).
    private static func scores(
        of logits: Logits, runs: Range<Int>, examples: Range<Int>, threads: Int
    ) throws -> [Double] {
        let (classes, stride) = (logits.classes, examples.count)
        // The sums over the runs: the logits (C, examples), then the entropies.
        var sums = [Double](repeating: 0, count: (classes + 1) * stride)
        try sums.withUnsafeMutableBufferPointer { sums in
            guard let first = sums.baseAddress else { return }
            nonisolated(unsafe) let sums = first
            try logits.forEachTransformedBlock(of: runs, examples: examples, by: .raw, threads: threads) { block in
                try StopRequest.check()
                let width = block.stride
                withUnsafeTemporaryAllocation(of: Double.self, capacity: 3 * width) { scratch in
                    let entropies = scratch.baseAddress!
                    for run in 0..<block.runs.count {
                        let x = block.x + run * classes * width
                        ek_entropies(x, classes, width, entropies, entropies + width)
                        let place = sums + block.block.lowerBound
                        ek_add_rows(place, stride, x, classes, width)
                        ek_add_rows(place + classes * stride, stride, entropies, 1, width)
                    }
                }
            }
        }
        return (0..<stride).flatMap { example in
            let means = (0...classes).map { sums[$0 * stride + example] / Double(runs.count) }
            let largest = means[..<classes].max() ?? 0
            let sum = means[..<classes].reduce(0) { $0 + exp($1 - largest) }
            return [largest, largest + log(sum), means[classes]]
        }
    }
}
