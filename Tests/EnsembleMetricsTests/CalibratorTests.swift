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
}
