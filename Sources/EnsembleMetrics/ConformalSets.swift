import Platform
import RandomStreams

/// How sets of classes are made that contain the label with a given probability: by the scores of the classes, of which
/// those up to a threshold are in the set.
public enum ConformalMethod: String, Codable, CaseIterable, Sendable {
    /// 1 - p. The smallest sets on average. Source: Sadinle, Lei and Wasserman, "Least ambiguous set-valued classifiers
    /// with bounded error levels", 2019.
    case threshold = "thr"
    /// The sum of p of all more likely classes and a random share of that of the class, so that hard examples have
    /// larger sets. Source: Romano, Sesia and Candès, "Classification with valid and adaptive coverage", 2020.
    case adaptive = "aps"
    /// The same, plus a penalty for every rank beyond the fifth. Source: Angelopoulos et al., "Uncertainty sets for
    /// image classifiers using conformal prediction", 2021.
    case regularized = "raps"

    private static let (penalty, ranksWithout) = (0.01, 5)

    /// The scores of all classes of one example.
    ///
    /// - Parameter share: Between 0 and 1, at random.
    fileprivate func scores(_ probabilities: [Double], share: Double) -> [Double] {
        guard self != .threshold else { return probabilities.map { 1 - $0 } }
        // The most likely first; of equally likely classes the smallest.
        let order = probabilities.indices.sorted { (probabilities[$1], $0) < (probabilities[$0], $1) }
        var scores = probabilities
        var sum = 0.0
        for (rank, c) in order.enumerated() {
            let beyond = Double(max(0, rank + 1 - Self.ranksWithout))
            scores[c] = sum + share * probabilities[c] + (self == .regularized ? Self.penalty * beyond : 0)
            sum += probabilities[c]
        }
        return scores
    }
}

/// Conformal sets of classes: how often they contain the label, and how large they are.
public struct ConformalSets: Codable, Equatable, Sendable {
    /// How the sets are made.
    public let method: ConformalMethod
    /// The share of the sets that contain the label.
    public let coverage: Double
    /// The mean number of classes in a set.
    public let meanSize: Double
    /// The share of sets without a class, and of those with a single one.
    public let empty, single: Double
    /// The coverage of the examples of each class; nil for a class without examples.
    public let coverageOfClass: [Double?]
    /// The smallest of these.
    public var leastCoverageOfClass: Double? { coverageOfClass.compactMap(\.self).min() }

    private enum CodingKeys: String, CodingKey {
        case method, coverage, empty, single
        case meanSize = "mean_size"
        case coverageOfClass = "coverage_of_class"
    }

    /// Makes sets for one half of the examples, with the threshold that the other half needs, and vice versa; means
    /// over the random divisions of `Predictions.calibratedLogLikelihood(seed:)`.
    ///
    /// - Parameter error: The share of sets that may miss the label, in 0..<1.
    public init(of predictions: Predictions, method: ConformalMethod, error: Double, seed: UInt64) {
        let (classes, shares) = (predictions.classes, predictions.randomShares(seed: seed))
        // Made anew where they are needed: those of all examples would take as much memory as the predictions.
        func scores(_ example: Int) -> [Double] {
            method.scores(predictions.probabilities(ofExample: example), share: shares[example])
        }
        let labels = predictions.labels.map(Int.init)
        let own = labels.enumerated().map { scores($0)[$1] }
        var thresholds = [[Double]](repeating: [], count: predictions.examples)
        for (fitted, scored) in Halves.divisions(of: predictions.examples, seed: seed) {
            // So many of n + 1 examples have at most this score, if the next one is like the others.
            // (Rounding must not make one more of a whole number.)
            let wanted = fitted.count + 1 - Int(Double(fitted.count + 1) * error + 1e-9)
            let sorted = fitted.map { own[Int($0)] }.sorted()
            let threshold = wanted <= sorted.count ? sorted[wanted - 1] : .infinity
            for example in scored { thresholds[Int(example)].append(threshold) }
        }
        var (covered, sizes, empty, single, count) = (0, 0, 0, 0, 0)
        var (coveredOfClass, ofClass) = ([Int](repeating: 0, count: classes), [Int](repeating: 0, count: classes))
        for (example, label) in labels.enumerated() {
            let scores = scores(example)
            for threshold in thresholds[example] {
                let size = scores.count { $0 <= threshold }
                if own[example] <= threshold {
                    covered += 1
                    coveredOfClass[label] += 1
                }
                ofClass[label] += 1
                sizes += size
                empty += size == 0 ? 1 : 0
                single += size == 1 ? 1 : 0
                count += 1
            }
        }
        func share(_ part: Int) -> Double { Double(part) / Double(count) }
        self.method = method
        coverage = share(covered)
        meanSize = share(sizes)
        (self.empty, self.single) = (share(empty), share(single))
        coverageOfClass = zip(coveredOfClass, ofClass).map { $1 == 0 ? nil : Double($0) / Double($1) }
    }
}
