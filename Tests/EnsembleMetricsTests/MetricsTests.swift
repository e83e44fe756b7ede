import EnsembleMetrics
import Foundation
import Testing
import TestSupport

@Suite struct MetricsTests {
    /// What Fixtures/make_metrics.py wrote with torchmetrics, scikit-learn, scipy and the formulas in float64.
    private struct Fixture: Decodable {
        struct Case: Decodable {
            let name: String
            let runs: Int?
            let average: String?
            let probabilities: [Double]?
            let classes: Int?
            let labels: [Int32]?
            let error, nll, brier, ece, adaptive_ece, classwise_ece: Double
            let calibrated_log_likelihood, temperature, accuracy_under_rejection: Double
        }
        let seed: UInt64
        let cases: [Case]
        let members: [String: Double]
    }

    private static let fixture: Fixture = {
        do {
            let path = URL(fileURLWithPath: Fixtures.metrics)
            return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: path))
        } catch {
            fatalError("\(error)")
        }
    }()

    /// The average of the first runs of the real ensemble.
    private func average(of runs: Int, _ average: String) throws -> Predictions {
        let sums = MemberSums(of: try RealEnsemble.members(runs))
        return average == "logits" ? sums.averageOfLogits : sums.averageOfProbabilities
    }

    @Test(arguments: fixture.cases.map(\.name)) func `the metrics are those of other implementations`(_ name: String)
        throws
    {
        let expected = try #require(Self.fixture.cases.first { $0.name == name })
        let predictions =
            try expected.runs.map { try average(of: $0, expected.average!) }
            ?? Predictions(
                probabilities: #require(expected.probabilities), classes: #require(expected.classes),
                labels: #require(expected.labels))
        let measures = Metrics(of: predictions, seed: Self.fixture.seed)
        func compare(_ what: String, _ value: Double, _ other: Double, within tolerance: Double = 1e-6) {
            #expect(abs(value - other) <= tolerance * max(1, abs(other)), "\(what): \(value), not \(other)")
        }
        compare("error", measures.error, expected.error)
        compare("nll", measures.negativeLogLikelihood, expected.nll)
        compare("brier", measures.brier, expected.brier)
        compare("ece", measures.expectedCalibrationError, expected.ece)
        compare("adaptive ece", measures.adaptiveCalibrationError, expected.adaptive_ece)
        compare("classwise ece", measures.classwiseCalibrationError, expected.classwise_ece)
        compare("likelihood", measures.calibratedLogLikelihood, expected.calibrated_log_likelihood)
        compare("temperature", measures.temperature, expected.temperature, within: 1e-3)
        compare("rejection", measures.accuracyUnderRejection, expected.accuracy_under_rejection)
    }

    private func numbers(_ value: some Encodable) throws -> [String: Double] {
        try JSONDecoder().decode([String: Double].self, from: JSONEncoder().encode(value))
    }

    @Test func `diversity and run variance are those of other implementations`() throws {
        let sums = MemberSums(of: try RealEnsemble.members(12))
        let members = try RealEnsemble.members(64)
        let right = members.map { member in
            member.labels.indices.map { example in
                let row = member.logProbabilities[(example * 10)..<((example + 1) * 10)]
                return row.firstIndex(of: row.max()!)! - row.startIndex == Int(member.labels[example])
            }
        }
        let variance = RunVariance(
            correctOfRun: right.map { $0.count { $0 } },
            correctOfExample: members[0].labels.indices.map { example in right.count { $0[example] } }, classes: 10)
        let values = try numbers(sums.diversity).merging(numbers(variance)) { $1 }
        #expect(Set(values.keys) == Set(Self.fixture.members.keys))
        for (name, expected) in Self.fixture.members {
            #expect(abs(try #require(values[name]) - expected) < 1e-9, "\(name)")
        }
        #expect(abs(try #require(variance.variance) / Self.fixture.members["variance"]! - 1) < 1e-6)
    }

    @Test func `a spread is a mean and a standard deviation, which a single value lacks`() {
        #expect(Spread(of: [1.0, 2, 6]).mean == 3)
        #expect(abs(Spread(of: [1.0, 2, 6]).std! - 7.0.squareRoot()) < 1e-12)
        #expect(Spread(of: [4.0]).std == nil)
    }

    @Test func `one member has no disagreement, and one run no variance`() throws {
        let member = Predictions(probabilities: [0.9, 0.1, 0.4, 0.6], classes: 2, labels: [0, 0])
        let sums = MemberSums(of: [member])
        #expect(sums.diversity.pairwiseDisagreement == nil)
        #expect(abs(sums.diversity.gapOfLogits) < 1e-15 && abs(sums.diversity.gapOfBrier) < 1e-15)
        let variance = RunVariance(correctOfRun: [1], correctOfExample: [1, 0], classes: 2)
        #expect(variance.meanAccuracy == 0.5 && variance.variance == nil && variance.calibrationBound == 0.125)
    }

    @Test func `an average may be right though no member is, and wrong though most are`() {
        // Members that prefer different wrong classes; and two of three that are right, beside one that is sure.
        let members = [[0.5, 0.4, 0.1, 0.1, 0.5, 0.4], [0.1, 0.4, 0.5, 0.1, 0.5, 0.4], [0.4, 0.39, 0.21, 0, 0, 1]].map {
            Predictions(probabilities: $0, classes: 3, labels: [1, 1])
        }
        let diversity = MemberSums(of: members).diversity
        #expect(diversity.correctWithoutMembers == 0.5 && diversity.wrongAgainstMembers == 0.5)
        let two = MemberSums(of: Array(members.prefix(2))).diversity
        #expect(two.correctWithoutMembers == 0.5 && two.wrongAgainstMembers == 0)
        #expect(MemberSums(of: [members[0]]).diversity.wrongAgainstMembers == nil)
    }

    @Test func `the deep-ensemble equivalent is where the curve of deep ensembles crosses`() {
        let curve = DeepEnsembleCurve([
            .init(members: 1, mean: -0.5, std: 0.02), .init(members: 2, mean: -0.4, std: 0.02),
            .init(members: 3, mean: -0.41, std: 0.02), .init(members: 7, mean: -0.3, std: nil),
        ])
        let half = curve.equivalent(ofLikelihood: -0.44)
        #expect(abs(half.members! - 1.6) < 1e-12 && abs(half.low! - 1.4) < 1e-12 && abs(half.high! - 1.8) < 1e-12)
        #expect(half.description == "1.6")
        // Itself at its points; what is worse than one member is worth one, what is best more than there are.
        #expect(curve.equivalent(ofLikelihood: -0.4).members == 2)
        #expect(curve.equivalent(ofLikelihood: -0.9).members == 1)
        let best = curve.equivalent(ofLikelihood: -0.2)
        #expect(best.members == nil && best.low == nil && best.high == nil && best.description == "> 7")
        #expect(abs(curve.equivalent(ofLikelihood: -0.355).members! - 5) < 1e-12)
    }

    @Test func `classes of probability zero change no metric`() {
        // 3,000 classes of which two are possible: what two classes alone would give.
        let two: [Double] = [0.8, 0.2, 0.3, 0.7, 0.6, 0.4]
        var many = [Double](repeating: 0, count: 3 * 3000)
        for place in two.indices { many[place / 2 * 3000 + 2998 + place % 2] = two[place] }
        let few = Metrics(of: Predictions(probabilities: two, classes: 2, labels: [0, 1, 1]), seed: 1)
        let wide = Metrics(of: Predictions(probabilities: many, classes: 3000, labels: [2998, 2999, 2999]), seed: 1)
        #expect(abs(few.negativeLogLikelihood - wide.negativeLogLikelihood) < 1e-12)
        #expect(abs(few.temperature / wide.temperature - 1) < 1e-6)
        #expect(abs(few.brier - wide.brier) < 1e-12 && few.error == wide.error)
    }

    @Test func `metrics are encoded with the keys of evaluation.json`() throws {
        let measures = Metrics(of: Predictions(probabilities: [0.5, 0.5], classes: 2, labels: [1]), seed: 0)
        let json = try JSONSerialization.jsonObject(with: JSONEncoder().encode(measures)) as? [String: Double]
        #expect(
            Set(try #require(json).keys) == [
                "error", "top_5_error", "nll", "brier", "ece", "adaptive_ece", "classwise_ece",
                "calibrated_log_likelihood",
                "temperature", "accuracy_under_rejection",
            ])
        // Of equally likely classes the smallest is the answer.
        #expect(measures.error == 1 && measures.topFiveError == 0)
        let equal = Predictions(
            probabilities: [Double](repeating: 1.0 / 7, count: 14), classes: 7, labels: [4, 5])
        #expect(Metrics(of: equal, seed: 0).topFiveError == 0.5)
    }
}
