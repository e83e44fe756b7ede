import EnsembleMetrics
import Foundation
import Testing
import TestSupport

struct CascadeTests {
    /// What Fixtures/make_cascades.py wrote with the functions of Xia and Bouganis.
    private struct Fixture: Decodable {
        struct Case: Decodable {
            struct Point: Decodable {
                let share, cost, coverage, outlier_cost, outliers_accepted: Double
                let threshold, risk, risk_with_outliers: Double?
            }
            let name, score, correct: String
            let runs: [Int]
            let costs: [Double]
            let decimals: Int?
            let coverage, risk: Double?
            let points: [Point]
        }
        let first: Int
        let seed: UInt64
        let cases: [Case]
    }

    private static let fixture: Fixture = {
        do {
            let path = URL(fileURLWithPath: Fixtures.cascades)
            return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: path))
        } catch {
            fatalError("\(error)")
        }
    }()

    private static func stage(_ of: Fixture.Case, runs: Int, cost: Double) throws -> WindowCascade.Stage {
        let members = Array(try RealEnsemble.members(fixture.first + runs)[fixture.first...])
        let average = MemberSums(of: members).averageOfProbabilities
        let predictions = average.answers.enumerated().map { example, answer in
            let row = average.logProbabilities[(example * average.classes)..<((example + 1) * average.classes)]
            var score = of.score == "confidence" ? answer.confidence : row.reduce(0) { $0 + exp($1) * $1 }
            if let decimals = of.decimals {
                let unit = pow(10, Double(decimals))
                score = (score * unit).rounded(.toNearestOrAwayFromZero) / unit
            }
            return ScoredPrediction(
                confidence: score, isCorrect: of.correct == "real" ? answer.isCorrect : of.correct == "all")
        }
        let outliers = predictions.prefix(250).map { 0.9 * $0.confidence }
        return .init(predictions: predictions, outliers: [outliers], cost: cost)
    }

    private func agree(_ found: Double?, _ expected: Double?) -> Bool {
        guard let found, let expected else { return found == nil && expected == nil }
        return abs(found - expected) <= 1e-6
    }

    @Test(arguments: fixture.cases.map(\.name))
    func `a cascade is what the functions of its authors make of it`(_ name: String) throws {
        let expected = try #require(Self.fixture.cases.first { $0.name == name })
        let stages = try zip(expected.runs, expected.costs).map { try Self.stage(expected, runs: $0, cost: $1) }
        let target = try expected.risk.map { WindowCascade.Target.risk($0) } ?? .coverage(#require(expected.coverage))
        let cascade = WindowCascade(stages: stages, target: target, bounds: nil, seed: Self.fixture.seed)
        #expect(cascade.coverage == expected.coverage && cascade.targetRisk == expected.risk)
        let points = cascade.windows + cascade.singleThreshold + [cascade.always]
        try #require(points.count == expected.points.count)
        for (point, other) in zip(points, expected.points) {
            #expect(point.share == other.share && agree(point.threshold, other.threshold), "\(point)")
            #expect(agree(point.cost, other.cost), "\(point.share): cost \(point.cost), not \(other.cost)")
            #expect(agree(point.coverage, other.coverage) && agree(point.risk, other.risk), "\(point), not \(other)")
            #expect((point.laterWindows?.count ?? 0) == expected.runs.count - 2)
            let outliers = try #require(point.outliers?.first)
            #expect(agree(outliers.cost, other.outlier_cost) && agree(outliers.accepted, other.outliers_accepted))
            // Theirs is of 250 outliers and 250 examples, as many.
            #expect(agree(outliers.risk, other.risk_with_outliers), "\(outliers), not \(other)")
        }
        // Nothing passed on is the first stage alone, wherever the windows would be.
        #expect(cascade.windows[0] == cascade.singleThreshold[0] && cascade.windows[0].low == nil)
    }

    @Test func `a cascade of two examples costs one member or all`() {
        let answers = [
            ScoredPrediction(confidence: 0.9, isCorrect: true), ScoredPrediction(confidence: 0.6, isCorrect: false),
        ]
        let cascade = WindowCascade(
            stages: [.init(predictions: answers, cost: 2), .init(predictions: answers.reversed(), cost: 3)],
            target: .coverage(0.1), bounds: 0...1, seed: 1)
        #expect(cascade.always.passed == 1 && cascade.always.cost == 5)
        #expect(cascade.always.low == 0 && cascade.always.high == 1)
        #expect(cascade.windows[0].cost == 2 && cascade.windows[0].outliers == nil)
    }
}
