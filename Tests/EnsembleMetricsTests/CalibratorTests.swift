import EnsembleMetrics
import Foundation
import Testing
import TestSupport

struct CalibratorTests {
    /// What Fixtures/make_calibrators.py wrote with scikit-learn, netcal and scipy.
    private struct Fixture: Decodable {
        struct Case: Decodable {
            struct Result: Decodable {
                let probabilities: [Double]
                let measures: [String: Double]?
            }
            let name: String
            let runs: Int?
            let probabilities: [Double]?
            let classes: Int
            let labels: [Int32]?
            let results: [String: Result]
        }
        let seed: UInt64
        let cases: [Case]
    }

    private static let fixture: Fixture = {
        do {
            let path = URL(fileURLWithPath: Fixtures.calibrators)
            return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: path))
        } catch {
            fatalError("\(error)")
        }
    }()

    private func part(_ predictions: Predictions, _ rows: some Sequence<Int>) -> Predictions {
        let classes = predictions.classes
        return Predictions(
            logProbabilities: rows.flatMap { predictions.logProbabilities[$0 * classes..<($0 + 1) * classes] },
            classes: classes, labels: rows.map { predictions.labels[$0] })
    }

    @Test(arguments: fixture.cases.map(\.name), Calibrator.allCases)
    func `probabilities are those of other implementations`(_ name: String, _ calibrator: Calibrator) throws {
        let expected = try #require(Self.fixture.cases.first { $0.name == name })
        let predictions =
            try expected.runs.map { MemberSums(of: try RealEnsemble.members($0)).averageOfProbabilities }
            ?? Predictions(
                probabilities: #require(expected.probabilities), classes: expected.classes,
                labels: #require(expected.labels))
        guard let result = expected.results[calibrator.rawValue] else {
            #expect(calibrator == .histogram && ["ties", "a class without labels"].contains(name))
            return
        }
        let half = predictions.examples / 2
        let calibrated = calibrator.fitted(to: part(predictions, 0..<half))(
            part(predictions, Array(stride(from: half, to: predictions.examples, by: 23))))
        #expect(calibrated.logProbabilities.count == result.probabilities.count)
        for (logarithm, other) in zip(calibrated.logProbabilities, result.probabilities) {
            #expect(abs(exp(logarithm) - other) < 1e-6)
        }
        guard let measures = result.measures else { return }
        #expect(measures["nll"] != nil && measures["brier"] != nil)
        let found = CalibratedMetrics(of: predictions, by: calibrator, seed: Self.fixture.seed)
        for (column, value) in CalibratedMetrics.columns {
            guard let other = measures[column] else { continue }
            #expect(abs(found[keyPath: value] - other) < 1e-6 * max(1, other), "\(column)")
        }
    }

    /// A half may have one example, one class, or probabilities of 0 and 1.
    @Test(arguments: Calibrator.allCases)
    func `halves from which hardly anything can be learned give probabilities all the same`(_ calibrator: Calibrator) {
        let pools: [(probabilities: [Double], classes: Int, labels: [Int32])] = [
            ([0.2, 0.8], 2, [1]), ([0.3, 0.7, 0.6, 0.4], 2, [0, 1]), ([0.3, 0.7, 0.6, 0.4], 2, [1, 1]),
            ([0, 1, 1, 0, 0.5, 0.5], 2, [1, 1, 0]), ([0, 1, 0, 1, 0, 0, 0, 0, 1], 3, [0, 0, 2]),
            ([0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25], 4, [3, 0]),
        ]
        for pool in pools {
            let predictions = Predictions(
                probabilities: pool.probabilities, classes: pool.classes, labels: pool.labels)
            let calibrated = calibrator.fitted(to: predictions)(predictions)
            for first in stride(from: 0, to: pool.probabilities.count, by: pool.classes) {
                let row = calibrated.logProbabilities[first..<first + pool.classes].map { exp($0) }
                #expect(row.allSatisfy { 0...(1 + 1e-12) ~= $0 } && abs(row.reduce(0, +) - 1) < 1e-9, "\(pool)")
            }
            let found = CalibratedMetrics(of: predictions, by: calibrator, seed: 1)
            #expect(CalibratedMetrics.columns.allSatisfy { found[keyPath: $0.value].isFinite }, "\(pool)")
        }
    }

    @Test func `by a temperature it is the calibrated likelihood, and beta never turns the order around`() throws {
        let predictions = MemberSums(of: try RealEnsemble.members(8)).averageOfLogits
        let likelihood = predictions.calibratedLogLikelihood(seed: 4)
        let found = CalibratedMetrics(of: predictions, by: .temperature, seed: 4)
        #expect(abs(found.negativeLogLikelihood + likelihood) < 1e-9)
        // A decreasing function would help here, and is not among those of beta calibration.
        let wrong = Predictions(
            probabilities: [0.1, 0.9, 0.2, 0.8, 0.7, 0.3, 0.85, 0.15], classes: 2, labels: [0, 0, 1, 1])
        let calibrated = Calibrator.beta.fitted(to: wrong)(wrong)
        for example in 0..<4 { #expect(abs(exp(calibrated.logProbabilities[2 * example]) - 0.5) < 1e-6) }
    }
}
