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
    /// The similarity of the nearest training example, by the kernel.
    case similarity
    /// The same by the locally scaled kernel.
    case scaledSimilarity = "scaled_similarity"
    /// The probability of the prediction by the kernel's vote.
    case vote

    /// The scores of the averages of some runs of a pool.
    static func measured(of logits: Logits, runs: Int) -> [CertaintyScore] {
        // Of one logit of two classes, and of probabilities, these say nothing of the certainty.
        let ofLogits = logits.inputs == .logits && !logits.isBinary ? [largestLogit, energy] : []
        return [confidence, entropy] + ofLogits + (runs > 1 ? [mutualInformation, agreement] : [])
    }

    /// The least and the largest possible value; nil if there are none.
    var bounds: ClosedRange<Double>? {
        switch self {
        case .confidence, .agreement, .vote: 0...1
        default: nil
        }
    }

    /// Its name in words.
    public var words: String { rawValue.replacing("_", with: " ") }

    /// Its name as the value of an option.
    public var option: String { rawValue.replacing("_", with: "-") }
}

/// What some runs say of each example, and how certain the average of their probabilities is.
struct CertaintyScores {
    /// The most likely class by the average of probabilities; the smallest class wins ties.
    let predictions: [Int]
    /// Every score with its values for all examples.
    private(set) var scores: [(score: CertaintyScore, values: [Double])]

    /// The probability of each prediction, which is the first score.
    var confidences: [Double] { scores[0].values }

    /// Reads some runs once. Collective over `world`: every rank calls it, and reads its share of the
    /// examples.
    ///
    /// - Throws: `AgreedFailure` on every rank if a logit is not finite, or (75) if the job is asked to stop;
    ///   `MPIError`.
    init(of logits: Logits, runs: RangeSet<Int>, world: Communicator, threads: Int) throws {
        let ofOwn = try Self.meansOfOwn(of: logits, runs: runs, world: world, threads: threads) {
            OfExample(means: $0, classes: logits.classes)
        }
        predictions = try world.allgather(ofOwn.map(\.prediction)).flatMap(\.self)
        scores = try CertaintyScore.measured(of: logits, runs: runs.numbers).map { score in
            (score, try world.allgather(ofOwn.map { $0.value(of: score) }).flatMap(\.self))
        }
    }

    /// The votes of the first `runs` runs for each class, shape (examples, C), for the rank's own share of the
    /// examples. Collective over `world`: every rank calls it.
    ///
    /// - Throws: As ``init(of:runs:world:threads:)``.
    static func votesOfOwn(of logits: Logits, runs: Int, world: Communicator, threads: Int) throws -> [[Int]] {
        try meansOfOwn(of: logits, runs: RangeSet(0..<runs), world: world, threads: threads) { means in
            (2 * logits.classes..<3 * logits.classes).map { Int((means[$0] * Double(runs)).rounded()) }
        }
    }

    /// Adds a score of all examples.
    mutating func add(_ score: CertaintyScore, _ values: [Double]) { scores.append((score, values)) }

    /// What the runs say of one example.
    private struct OfExample: Sendable {
        var prediction = 0
        var (confidence, entropy, entropyOfRuns, agreement) = (0.0, 0.0, 0.0, 0.0)
        var (largestLogit, energy) = (0.0, 0.0)

        /// One of the scores of an average.
        func value(of score: CertaintyScore) -> Double {
            switch score {
            case .confidence: confidence
            case .entropy: 0 - entropy
            case .mutualInformation: entropyOfRuns - entropy
            case .agreement: agreement
            case .largestLogit: largestLogit
            case .energy: energy
            case .similarity, .scaledSimilarity, .vote: preconditionFailure("a score of the kernel")
            }
        }

        /// From the means over the runs of the terms of `ek_certainty_terms`.
        init(means: [Double], classes: Int) {
            let logits = means[..<classes]
            let probabilities = means[classes..<2 * classes]
            // From the logarithms, as `Predictions` has them: what ties there ties here.
            var largestLog = -Double.infinity
            for (c, logProbability) in probabilities.map({ log($0) }).enumerated() where logProbability > largestLog {
                (prediction, largestLog) = (c, logProbability)
            }
            confidence = exp(largestLog)
            entropy = probabilities.reduce(0) { $1 > 0 ? $0 - $1 * log($1) : $0 }
            agreement = means[2 * classes + prediction]
            entropyOfRuns = means[3 * classes]
            let largest = logits.reduce(-.infinity) { max($0, $1) }
            largestLogit = largest
            energy = largest + log(logits.reduce(0) { $0 + exp($1 - largest) })
        }
    }

    /// What some make of the means over the runs of the terms of `ek_certainty_terms`, for each of the rank's own share
    /// of the examples. Collective over `world`.
    private static func meansOfOwn<Result>(
        of logits: Logits, runs: RangeSet<Int>, world: Communicator, threads: Int, _ result: ([Double]) -> Result
    ) throws -> [Result] {
        let own = Partition(logits.examples, world.size).range(of: world.rank)
        let terms = terms(classes: logits.classes)
        let together = max(1, bytesOfSums / (terms * MemoryLayout<Double>.stride))
        return try world.agree {
            let found = try own.pieces(ofAtMost: together).flatMap { some in
                let sums = try sums(of: logits, runs: runs, examples: some, threads: threads)
                return (0..<some.count).map { example in
                    result((0..<terms).map { sums[$0 * some.count + example] / Double(runs.numbers) })
                }
            }
            try logits.requireUnchanged()
            return found
        }
    }

    /// Bytes of the sums that are held at the same time.
    private static let bytesOfSums = 32 << 20

    /// Numbers per example of `ek_certainty_terms`.
    private static func terms(classes: Int) -> Int { 3 * classes + 1 }

    /// The sums over the runs of the terms of `ek_certainty_terms`, shape (3 C + 1, examples).
    private static func sums(
        of logits: Logits, runs: RangeSet<Int>, examples: Range<Int>, threads: Int
    ) throws -> [Double] {
        let (classes, stride) = (logits.classes, examples.count)
        let terms = terms(classes: classes)
        var sums = [Double](repeating: 0, count: terms * stride)
        try sums.withUnsafeMutableBufferPointer { sums in
            guard let first = sums.baseAddress else { return }
            nonisolated(unsafe) let sums = first
            for some in runs.ranges {
                try logits.forEachTransformedBlock(of: some, examples: examples, by: .raw, threads: threads) { block in
                    try StopRequest.check()
                    let width = block.stride
                    let ofRun = AlignedBuffer<Double>(count: (terms + 2) * width)
                    for run in 0..<block.runs.count {
                        ek_certainty_terms(
                            block.x + run * classes * width, classes, width, ofRun.start, ofRun.start + terms * width)
                        ek_add_rows(sums + block.block.lowerBound, stride, ofRun.start, 1, terms, width)
                    }
                }
            }
        }
        return sums
    }
}

extension RangeSet<Int> {
    /// Number of numbers in the set.
    fileprivate var numbers: Int { ranges.reduce(0) { $0 + $1.count } }
}
